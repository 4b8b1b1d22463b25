// What a console's bytes alone cannot say lies beside its log in an index of checked lines:
// where offsets begin, when bytes came, what is missing, what happened. The log itself never
// depends on the index being whole, and a record of a later version is passed over.

import { decodeCheckedLines, encodeCheckedLine } from "../checked-line.ts";

/** From here on, byte `pos` of `file` is offset `off` of log `log`. */
export interface SegmentRecord {
  readonly t: "seg";
  readonly log: string;
  readonly off: number;
  readonly file: string;
  readonly pos: number;
  /** Which file that was, whatever it is called now. */
  readonly id?: string;
  /** The first offset of this log in that file; part of its name once it is rotated. */
  readonly base?: number;
  /**
   * The segment is stamped: before `pos`, and before every line that begins behind it, stands a time
   * that is no output. So many bytes before `pos` are no output of a segment before.
   */
  readonly head?: number | undefined;
  /** What the file held before was truncated. */
  readonly emptied?: boolean | undefined;
}

/**
 * The byte at `off` came at `ms` (wall clock). Written at most every {@link MARK_EVERY_MS} a console.
 * What came before what is for offsets to say, never for times.
 */
export interface TimeRecord {
  readonly t: "at";
  readonly off: number;
  readonly ms: number;
  /** In a stamped segment, which began at offset `of`: where in its file the byte is. */
  readonly pos?: number | undefined;
  readonly of?: number | undefined;
  /** Why the time is not to be trusted; without it, the clock has run evenly since the mark before. */
  readonly q?: ClockQuality;
}

/** `stepped`: somebody set the clock since the mark before. `unset`: nobody has set it since it lost its battery. */
export type ClockQuality = "stepped" | "unset";

/** The bytes in [off, to) are not in the log. `known` false: how many they were is unknown. */
export interface GapRecord {
  readonly t: "gap";
  readonly log: string;
  readonly off: number;
  readonly to: number;
  readonly known: boolean;
  readonly why: GapCause;
  readonly ms: number;
}

/** Why bytes are missing; the words of the index, of messages and metrics. */
export type GapCause = "agent-restart" | "log-stalled" | "log-truncated" | "rotated-away" | "disk-failed";

/** Something happened when the log stood at `off`: up, down, attach, break. */
export interface EventRecord {
  readonly t: "ev";
  readonly off: number;
  readonly ms: number;
  readonly what: string;
  readonly by?: string;
  readonly text?: string;
}

export type IndexRecord = SegmentRecord | TimeRecord | GapRecord | EventRecord;

/** Resolution of the index in time. */
export const MARK_EVERY_MS = 1_000;

/** How much later than its byte a mark may come into the index: one write for five marks. */
export const MARKS_HELD_MS = 5_000;

/** The line of a record, its line feed included. */
export function encodeIndexRecord(record: IndexRecord): string {
  return encodeCheckedLine(record);
}

/** The records of an index, in order. Damaged lines and unknown kinds are passed over. */
export function decodeIndex(text: string): {
  readonly records: IndexRecord[];
  readonly damagedCount: number;
} {
  const { records, damagedCount } = decodeCheckedLines(text);
  return { records: (records as IndexRecord[]).filter(({ t }) => KINDS.includes(t)), damagedCount };
}

const KINDS: readonly string[] = ["seg", "at", "gap", "ev"] satisfies IndexRecord["t"][];
