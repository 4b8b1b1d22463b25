import { type GapRecord, type LogMap, nextMarkAfter, type Stretch, timeOf } from "@confed/codecs";
import { readPacked } from "../keeper/packed-file.ts";
import { locate } from "../log-files.ts";
import { readPlain } from "../read-file.ts";
import { readStamped } from "./read-stamped.ts";
import type { LogPiece } from "./reader-messages.ts";

export interface Range {
  readonly from: number;
  readonly to: number;
  readonly bytesMax: number;
}

/** What a log has of a range, in order: bytes where the files have them, a gap everywhere else. */
export interface RangeRead {
  readonly pieces: LogPiece[];
  readonly chunks: Uint8Array[];
  /** Where to go on; `to` when the range is done. */
  readonly next: number;
}

/**
 * Read part of a log. Every offset of [from, next) is covered exactly once, by bytes or by a gap:
 * what no segment and no gap record explains was removed by somebody else.
 */
export function readRange(map: LogMap, { from, to, bytesMax }: Range): RangeRead {
  const pieces: LogPiece[] = [];
  const chunks: Uint8Array[] = [];
  let at = from;
  let leftBytes = bytesMax;
  while (at < to && leftBytes > 0) {
    const stretch = map.stretches.find((candidate) => candidate.from <= at && at < candidate.to);
    const bytes =
      stretch === undefined
        ? EMPTY
        : readStretch(stretch, at, {
            logId: map.logId ?? "",
            sizeBytes: Math.min(to - at, stretch.to - at, leftBytes),
          });
    if (bytes.byteLength > 0) {
      // Cut where the index has a time, so that every line can be shown with its own.
      for (let taken = 0; taken < bytes.byteLength; ) {
        const length = Math.min(bytes.byteLength - taken, nextMarkAfter(map, at) - at);
        pieces.push({ is: "bytes", off: at, length, ms: timeOf(map, at) ?? 0 });
        chunks.push(bytes.subarray(taken, taken + length));
        taken += length;
        at += length;
      }
      leftBytes -= bytes.byteLength;
    } else {
      const gap = missing(map, at, { stretch, to });
      pieces.push({ is: "gap", gap });
      at = gap.to;
    }
  }
  return { pieces, chunks, next: at };
}

const EMPTY = new Uint8Array();

function missing(
  map: LogMap,
  at: number,
  { stretch, to }: { readonly stretch: Stretch | undefined; readonly to: number },
): GapRecord {
  const recorded = map.gaps.find((gap) => gap.off <= at && at < gap.to);
  if (recorded !== undefined) return { ...recorded, off: at, to: Math.min(recorded.to, to) };
  const nextStretch = map.stretches.find((candidate) => candidate.from > at);
  const nextGap = map.gaps.find((gap) => gap.off > at);
  // The file ends before its stretch does: all that the stretch still promised is gone.
  const end = Math.min(stretch?.to ?? to, nextStretch?.from ?? to, nextGap?.off ?? to, to);
  return {
    t: "gap",
    log: map.logId ?? "",
    off: at,
    to: end,
    known: true,
    why: stretch?.past === true ? "rotated-away" : "log-truncated",
    ms: timeOf(map, at) ?? 0,
  };
}

function readStretch(stretch: Stretch, at: number, { logId, sizeBytes }: Wanted): Uint8Array {
  // A segment may be packed, and its original removed, between our finding and our opening it.
  for (let tries = 0; tries < 2; tries += 1) {
    const found = locate({ ...stretch, logId });
    if (found === undefined) return EMPTY;
    const readFile = found.packing === "none" ? readPlain : readPacked;
    const read = (pos: number, length: number) => readFile(found.path, pos, length);
    try {
      return stretch.stamped === undefined
        ? read(stretch.pos + at - stretch.from, sizeBytes)
        : readStamped(read, { ...stretch, stamped: stretch.stamped }, { at, sizeBytes });
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code !== "ENOENT") throw reason;
    }
  }
  return EMPTY;
}

interface Wanted {
  readonly logId: string;
  readonly sizeBytes: number;
}
