/** Called with the offset into the term; throws. */
export type RangeFault = (offset: number, problem: string) => never;

interface Range {
  readonly from: number;
  readonly to: number;
  /** Zeros are put in front up to this many digits. */
  readonly width: number;
}

/** More digits would not be exact as a number, and no site counts so far. */
const DIGITS_MAX = 15;

/**
 * The words that a word with ranges in brackets stands for, the last bracket running fastest:
 * `r[1-2]n[01,03]` is r1n01 r1n03 r2n01 r2n03. Nothing is built when there would be more than
 * `countMax`; every fault goes to `fault`.
 */
export function expandRanges(term: string, countMax: number, fault: RangeFault): readonly string[] {
  const parts: (string | readonly Range[])[] = [];
  let count = 1;
  let at = 0;
  while (at < term.length) {
    if (term[at] !== "[") {
      const open = term.indexOf("[", at);
      const literal = term.slice(at, open < 0 ? term.length : open);
      const stray = literal.indexOf("]");
      if (stray >= 0) fault(at + stray, '"]" without "["');
      parts.push(literal);
      at += literal.length;
      continue;
    }
    const close = term.indexOf("]", at);
    if (close < 0) fault(at, '"[" without "]"');
    const ranges = parseRanges(term.slice(at + 1, close), at + 1, fault);
    count *= ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    parts.push(ranges);
    at = close + 1;
  }
  if (count > countMax) fault(0, `the ranges stand for more names than are left of namesMax (${countMax})`);
  return parts.reduce<readonly string[]>(
    (words, part) => {
      const endings = typeof part === "string" ? [part] : part.flatMap(numbersOf);
      return words.flatMap((word) => endings.map((ending) => word + ending));
    },
    [""],
  );
}

function parseRanges(inside: string, offset: number, fault: RangeFault): readonly Range[] {
  let at = offset;
  return inside.split(",").map((item) => {
    const start = at;
    at += item.length + 1;
    const [, first, last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(item) ?? [];
    if (first === undefined || last === undefined)
      return fault(start, "a range must be a number or two with a dash");
    if (Math.max(first.length, last.length) > DIGITS_MAX)
      fault(start, `a number has more than ${DIGITS_MAX} digits`);
    if (Number(first) > Number(last)) fault(start, `the range ${first}-${last} runs backwards`);
    // [1-010] could mean 1 or 001; [01-100] can only mean 01.
    if (last.startsWith("0") && last.length !== first.length)
      fault(start, `${first} and ${last} differ in zeros`);
    return { from: Number(first), to: Number(last), width: first.length };
  });
}

function numbersOf({ from, to, width }: Range): readonly string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index).padStart(width, "0"));
}
