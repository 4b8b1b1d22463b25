import { type Arena, visitRecords } from "@confed/kernel";
import type { Stretch } from "./backlogs.ts";

/** What the log writer was given and has not answered. */
export interface Sent {
  readonly seq: number;
  readonly sentAtMs: number;
  readonly records: Uint8Array;
  /** Undefined: an offer of what was refused before, of this console only. */
  readonly arena: Arena | undefined;
  readonly number?: number;
}

/** What of a console, from `from` on, the log writer was given and has not answered. O(all that it was). */
export function inFlight(sent: readonly Sent[], number: number, from: number): Stretch[] {
  const found: Stretch[] = [];
  for (const { arena, records } of sent) {
    if (arena === undefined) continue;
    visitRecords(records, (candidate, offset, bytes) => {
      if (candidate !== number || offset + bytes.byteLength <= from) return;
      const at = Math.max(offset, from);
      found.push({ offset: at, bytes: bytes.subarray(at - offset) });
    });
  }
  return found;
}
