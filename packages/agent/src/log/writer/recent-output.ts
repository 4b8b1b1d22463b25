import { invariant, visitRecords } from "@confed/kernel";

/**
 * The newest output of all consoles, as it came: when somebody has cut a file, what it holds is held
 * against it. Costs one copy of every batch into a ring, and the ring's memory while anything is printed.
 */
export class RecentOutput {
  readonly #bytesMax: number;
  #ring: Uint8Array | undefined;
  /** Of the ring, from the oldest to the newest. */
  #batches: Uint8Array[] = [];
  #at = 0;

  constructor(bytesMax = RECENT_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  add(records: Uint8Array): void {
    invariant(records.byteLength <= this.#bytesMax, "no frame is larger than the ring");
    this.#ring ??= new Uint8Array(this.#bytesMax);
    if (this.#at + records.byteLength > this.#bytesMax) {
      // What the turn before left behind here is older than what it left at the beginning.
      this.#forget(this.#at, this.#bytesMax);
      this.#at = 0;
    }
    const end = this.#at + records.byteLength;
    this.#forget(this.#at, end);
    const kept = this.#ring.subarray(this.#at, end);
    kept.set(records);
    this.#batches.push(kept);
    this.#at = end;
  }

  /** Nothing is printed: nothing is kept. */
  clear(): void {
    this.#ring = undefined;
    this.#batches = [];
    this.#at = 0;
  }

  /** A console's newest bytes up to offset `end`, as far back as they are known without a hole. Walks all: for when it is needed. */
  before(number: number, end: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let from = end;
    for (const batch of this.#batches.toReversed()) {
      const pieces: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
      visitRecords(batch, (candidate, offset, bytes) => {
        if (candidate === number) pieces.push({ offset, bytes });
      });
      for (const { offset, bytes } of pieces.toReversed()) {
        // Refused then, and given again since.
        if (offset >= from) continue;
        if (offset + bytes.byteLength < from) return Buffer.concat(parts.toReversed());
        parts.push(bytes.subarray(0, from - offset));
        from = offset;
      }
    }
    return Buffer.concat(parts.toReversed());
  }

  /** The oldest are those that lie in [from, to) of the ring, if any. */
  #forget(from: number, to: number): void {
    let [oldest] = this.#batches;
    while (oldest !== undefined && oldest.byteOffset < to && oldest.byteOffset + oldest.byteLength > from) {
      this.#batches.shift();
      [oldest] = this.#batches;
    }
  }
}

/** A second of 1,000 consoles that print 8 KB each: somebody who copies and truncates is found in that time. */
const RECENT_BYTES_MAX = 8 * 1024 * 1024;

/** How many bytes both end with. */
export function commonEnd(a: Uint8Array, b: Uint8Array): number {
  const mostBytes = Math.min(a.byteLength, b.byteLength);
  let count = 0;
  while (count < mostBytes && a[a.byteLength - 1 - count] === b[b.byteLength - 1 - count]) count += 1;
  return count;
}
