/** Sequence numbers `from` to `to`, both included. */
export interface SeqRange {
  readonly from: number;
  readonly to: number;
}

/** A set of sequence numbers as ranges; adding the next one in order costs no search and no memory. */
export class SeqSet {
  readonly #ranges: { from: number; to: number }[] = [];

  /** In ascending order, never touching each other. */
  get ranges(): readonly SeqRange[] {
    return this.#ranges;
  }

  /** False if it was in already. */
  add(seq: number): boolean {
    const at = this.#firstEndingAtOrAfter(seq - 1);
    const range = this.#ranges[at];
    if (range === undefined || range.from > seq + 1) {
      this.#ranges.splice(at, 0, { from: seq, to: seq });
      return true;
    }
    if (range.from <= seq && seq <= range.to) return false;
    if (seq === range.from - 1) {
      range.from = seq;
      return true;
    }
    range.to = seq; // It ended at seq - 1.
    const next = this.#ranges[at + 1];
    if (next === undefined || next.from > seq + 1) {
      return true;
    }
    if (next.from === seq) {
      // Was in already, at the head of the next range: undo.
      range.to = seq - 1;
      return false;
    }
    range.to = next.to;
    this.#ranges.splice(at + 1, 1);
    return true;
  }

  #firstEndingAtOrAfter(seq: number): number {
    const last = this.#ranges.at(-1);
    if (last === undefined || last.to < seq) return this.#ranges.length;
    if (last.from <= seq) return this.#ranges.length - 1;
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.to ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What is in `ranges` and not in `taken`. Both ascending and not overlapping; so is the result. */
export function subtractRanges(ranges: readonly SeqRange[], taken: readonly SeqRange[]): SeqRange[] {
  const left: SeqRange[] = [];
  let at = 0;
  for (const { from, to } of ranges) {
    let next = from;
    while ((taken[at]?.to ?? Number.POSITIVE_INFINITY) < from) at += 1;
    for (let i = at; next <= to; i += 1) {
      const hole = taken[i];
      if (hole === undefined || hole.from > to) break;
      if (hole.from > next) left.push({ from: next, to: hole.from - 1 });
      next = hole.to + 1;
    }
    if (next <= to) left.push({ from: next, to });
  }
  return left;
}

export function countOf(ranges: readonly SeqRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
}

/** `3, 7-9` */
export function describeRanges(ranges: readonly SeqRange[], rangesMax = 20): string {
  const shown = ranges.slice(0, rangesMax).map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  const more = ranges.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more ranges` : "");
}
