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
  /** Where between the lines there are times that are no output. */
  readonly stamped?: Stamped | undefined;
}

/** How to find one's way in a stretch whose lines are stamped. */
export interface Stamped {
  /** Byte `pos` of the file is offset `off`. In order of offset. */
  readonly marks: readonly { readonly off: number; readonly pos: number }[];
  /** From here on, the file holds something else; Infinity: as far as it goes. */
  readonly endPos: number;
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
  const marks = new Map<number, { readonly off: number; readonly pos: number }[]>();
  for (const record of current) {
    if (record.t !== "at" || record.pos === undefined || record.of === undefined) continue;
    const ofOne = marks.get(record.of) ?? [];
    ofOne.push({ off: record.off, pos: record.pos });
    marks.set(record.of, ofOne);
  }
  // A segment that marks tell of, and whose own record is damaged: what was before ends there.
  const lost = [...marks.keys()].filter((of) => ours.every(({ off }) => off !== of));
  const stretches = ours.map((segment, at) => {
    const later = ours.slice(at + 1);
    const stretch = stretchOf(segment, later, gaps);
    const { off, head } = segment;
    if (head === undefined) return stretch;
    const to = Math.min(stretch.to, ...lost.filter((of) => of >= off));
    const endPos = Math.min(
      ...later.filter((each) => isSameFile(segment, each)).map(beginOf),
      Number.POSITIVE_INFINITY,
    );
    return { ...stretch, to, stamped: { marks: marks.get(off) ?? [], endPos } };
  });
  const times = current.flatMap((record) => (record.t === "at" ? [{ off: record.off, ms: record.ms }] : []));
  return { logId, stretches: stretches.filter(({ from, to }) => to > from), gaps, times };
}

// A segment ends where the next begins or a gap does. Where a later segment of the same file begins
// before that, somebody truncated or replaced the file: nothing of what it held can be trusted.
function stretchOf(
  segment: SegmentRecord,
  later: readonly SegmentRecord[],
  gaps: readonly GapRecord[],
): Stretch {
  const { file, pos, off, id, base } = segment;
  const next = later[0]?.off ?? Number.POSITIVE_INFINITY;
  // Not the first that was noted: a file that was cut once more says so by a gap that begins earlier.
  let to = next;
  for (const gap of gaps) if (gap.off >= off && gap.off < to) to = gap.off;
  const gone = later.some(
    (each) => isSameFile(segment, each) && (each.emptied === true || beginOf(each) < pos + to - off),
  );
  const past = later.some((each) => !isSameFile(segment, each));
  return { file, pos, from: off, to: gone ? off : to, id, base, past };
}

/** From here on the file holds the segment, or what stands before its first byte. */
function beginOf({ pos, head = 0 }: SegmentRecord): number {
  return pos - head;
}

// One file has one base, but for what an unclean stop made us forget.
function isSameFile({ file, id, base }: SegmentRecord, other: SegmentRecord): boolean {
  return other.file === file && other.id === id && ((id ?? "") !== "" || other.base === base);
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
