const ZERO = 0x30;
const NINE = 0x39;

/**
 * Order names as people count: n2 before n10. Names that differ only in leading zeros are ordered
 * by their characters, so that two different names never compare as equal.
 */
export function compareNames(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const first = a.charCodeAt(i);
    const second = b.charCodeAt(j);
    if (!isDigit(first) || !isDigit(second)) {
      if (first !== second) return first - second;
      i += 1;
      j += 1;
      continue;
    }
    while (a.charCodeAt(i) === ZERO) i += 1;
    while (b.charCodeAt(j) === ZERO) j += 1;
    const firstEnd = digitsEnd(a, i);
    const secondEnd = digitsEnd(b, j);
    // Without leading zeros the longer number is the larger one.
    if (firstEnd - i !== secondEnd - j) return firstEnd - i - (secondEnd - j);
    for (; i < firstEnd; i++, j++) {
      const difference = a.charCodeAt(i) - b.charCodeAt(j);
      if (difference !== 0) return difference;
    }
  }
  const rest = a.length - i - (b.length - j);
  if (rest !== 0) return rest;
  return a < b ? -1 : a > b ? 1 : 0;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function digitsEnd(text: string, from: number): number {
  let end = from;
  while (isDigit(text.charCodeAt(end))) end += 1;
  return end;
}
