/** A place in a text, both from 1; `col` in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly col: number;
}

/** Returns a function from an offset in `text` to its place. Costs one pass, then a binary search. */
export function indexLines(text: string): (offset: number) => Position {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, col: offset - (starts[low] ?? 0) + 1 };
  };
}
