import { writeSync, writevSync } from "node:fs";
import type { Run } from "./runs-of.ts";

/** What became of a run. */
export interface Appended {
  /** How much of the output the file took. */
  readonly takenBytes: number;
  /** Why it did not take all. */
  readonly fault?: unknown;
  /** Part of a stamp stands at the file's end: no segment goes on behind that. */
  readonly torn: boolean;
}

/**
 * Append a run as it is. One write, if all goes well; of one chunk by write(2), which is what a console
 * that is read in cadence has, and a tenth cheaper than a writev of one.
 */
export function appendRun(fd: number, { chunks, sizeBytes }: Run): Appended {
  let takenBytes = 0;
  let left: readonly Uint8Array[] = chunks;
  try {
    for (;;) {
      const [first] = left;
      takenBytes += left.length === 1 && first !== undefined ? writeSync(fd, first) : writevSync(fd, left);
      if (takenBytes === sizeBytes) return { takenBytes, torn: false };
      // What a full disk looks like first: what it took counts, then we ask again.
      left = [Buffer.concat(chunks).subarray(takenBytes)];
    }
  } catch (fault) {
    return { takenBytes, fault, torn: false };
  }
}
