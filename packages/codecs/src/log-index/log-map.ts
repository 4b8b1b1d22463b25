import {
  type GapRecord,
  type IndexRecord,
  MARK_EVERY_MS,
  MARKS_HELD_MS,
  type SegmentRecord,
} from "./log-index.ts";

/** A stretch of a log that lies in one file without a hole. */
export interface Stretch {
  readonly file: string;
  readonly pos: number;
  readonly from: number;
  /** End of the stretch; Infinity for the last, which goes on as far as its file does. */
  readonly to: number;
  readonly id?: string | undefined;
  readonly base?: number | undefined;
  /** Another file is written now: if this one is not there, retention or a person removed it. */
  readonly past: boolean;
}

/** Where the bytes of a console are, and when they came. */
export interface LogMap {
  /** The newest id; offsets of older ids mean nothing to it. Undefined: nothing was ever logged. */
  readonly logId: string | undefined;
  /** In order of offset, not overlapping. */
  readonly stretches: readonly Stretch[];
  readonly gaps: readonly GapRecord[];
  /** In order of offset. */
  readonly times: readonly { readonly off: number; readonly ms: number }[];
}

/** Read the records of an index as the map of one log; of the newest unless told. */
export function logMapOf(records: readonly IndexRecord[], wanted?: string): LogMap {
  const logId = wanted ?? records.findLast((record) => record.t === "seg" || record.t === "gap")?.log;
  const gaps = records.filter((record): record is GapRecord => record.t === "gap" && record.log === logId);
  const ours = records.filter(
    (record): record is SegmentRecord => record.t === "seg" && record.log === logId,
  );
  // Times of older ids come before our first segment, those of newer ones behind another's.
  const first = ours[0] === undefined ? records.length : records.indexOf(ours[0]);
  const next = records.findIndex((record, at) => at > first && record.t === "seg" && record.log !== logId);
  const current = records.slice(first, next === -1 ? undefined : next);
  const stretches = ours.map((segment, at) => stretchOf(segment, ours.slice(at + 1), gaps));
  const times = current.flatMap((record) => (record.t === "at" ? [{ off: record.off, ms: record.ms }] : []));
  return { logId, stretches: stretches.filter(({ from, to }) => to > from), gaps, times };
}

// A segment ends where the next begins or a gap does. Where a later segment of the same file begins
// before that, somebody truncated or replaced the file: nothing of what it held can be trusted.
function stretchOf(
  { file, pos, off, id, base }: SegmentRecord,
  later: readonly SegmentRecord[],
  gaps: readonly GapRecord[],
): Stretch {
  const next = later[0]?.off ?? Number.POSITIVE_INFINITY;
  const to = gaps.find((gap) => gap.off >= off && gap.off < next)?.off ?? next;
  // One file has one base, but for what an unclean stop made us forget.
  const isSame = (segment: SegmentRecord) =>
    segment.file === file && segment.id === id && ((id ?? "") !== "" || segment.base === base);
  const gone = later.some((segment) => isSame(segment) && segment.pos < pos + to - off);
  const past = later.some((segment) => !isSame(segment));
  return { file, pos, from: off, to: gone ? off : to, id, base, past };
}

/**
 * Where to begin reading what came at or after `ms`; undefined: nothing did. Up to a second early; of
 * the last seconds of a log that is being written, as much as the marks that are not there yet.
 */
export function offsetSince({ times }: LogMap, ms: number): number | undefined {
  // Wall clocks jump: the first mark in order of offset that is late enough, not a binary search.
  const found = times.find((mark) => mark.ms > ms - MARK_EVERY_MS);
  if (found !== undefined) return found.off;
  const last = times.at(-1);
  return last !== undefined && last.ms > ms - MARK_EVERY_MS - MARKS_HELD_MS ? last.off : undefined;
}

/** When the byte at `offset` came, to the second, or earlier while later marks are held; undefined: unknown. O(log marks). */
export function timeOf(map: LogMap, offset: number): number | undefined {
  return map.times[marksUpTo(map, offset) - 1]?.ms;
}

/** The offset of the first time mark behind `offset`; Infinity: none. O(log marks). */
export function nextMarkAfter(map: LogMap, offset: number): number {
  return map.times[marksUpTo(map, offset)]?.off ?? Number.POSITIVE_INFINITY;
}

function marksUpTo({ times }: LogMap, offset: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle]?.off ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
