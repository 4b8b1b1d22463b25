/** One stretch of output, as it came in a batch. */
export interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Output without a hole, to be written at once. */
export interface Run {
  readonly from: number;
  readonly chunks: Uint8Array[];
  readonly sizeBytes: number;
}

/** What of the pieces is at or behind `next`, each run as far as it goes without a hole. */
export function* runsOf(pieces: readonly Piece[], next: number): Generator<Run, void, undefined> {
  let from = next;
  let chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (const { offset, bytes } of pieces) {
    const expected = from + sizeBytes;
    const knownBytes = Math.max(0, expected - offset);
    if (knownBytes >= bytes.byteLength) continue;
    if (offset > expected) {
      if (sizeBytes > 0) yield { from, chunks, sizeBytes };
      from = offset;
      chunks = [];
      sizeBytes = 0;
    }
    chunks.push(knownBytes === 0 ? bytes : bytes.subarray(knownBytes));
    sizeBytes += bytes.byteLength - knownBytes;
  }
  if (sizeBytes > 0) yield { from, chunks, sizeBytes };
}
