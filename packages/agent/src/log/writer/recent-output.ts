import { visitRecords } from "@confed/kernel";

/**
 * The newest output of all consoles, as it came: when somebody has cut a file, what it holds is held
 * against it. Costs one copy of every batch, and a bounded memory while anything is printed.
 */
export class RecentOutput {
  #batches: Uint8Array[] = [];
  #sizeBytes = 0;

  add(records: Uint8Array): void {
    this.#batches.push(records.slice());
    this.#sizeBytes += records.byteLength;
    while (this.#sizeBytes > RECENT_BYTES_MAX) this.#sizeBytes -= this.#batches.shift()?.byteLength ?? 0;
  }

  /** Nothing is printed: nothing is kept. */
  clear(): void {
    this.#batches = [];
    this.#sizeBytes = 0;
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
