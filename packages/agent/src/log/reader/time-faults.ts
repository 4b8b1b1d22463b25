import type { IndexRecord, TimeRecord } from "@confed/codecs";
import { CLOCK_STEP_MS_MIN } from "../writer/clock-quality.ts";

/**
 * Times of an index must not go back but where it says that the clock was set, and their offsets never.
 * From segment to segment that is not known: every log writer begins one, and knows nothing of the
 * clock of the one before.
 */
export function timeFaults(records: readonly IndexRecord[], logId: string | undefined): string[] {
  const first = records.findIndex((record) => record.t === "seg" && record.log === logId);
  if (first === -1) return [];
  const faults: string[] = [];
  let before: TimeRecord | undefined;
  for (const record of records.slice(first)) {
    // What comes is a log of another id.
    if (record.t === "seg" && record.log !== logId) break;
    if (record.t === "seg") before = undefined;
    if (record.t !== "at") continue;
    if (before !== undefined && record.off < before.off)
      faults.push(`the index has a time for offset ${record.off} behind that of offset ${before.off}`);
    if (before !== undefined && record.q === undefined && before.ms - record.ms > CLOCK_STEP_MS_MIN)
      faults.push(
        `the time of offset ${record.off} is ${before.ms - record.ms} ms before that of offset ${before.off}, and nobody says that the clock was set`,
      );
    before = record;
  }
  return faults;
}
