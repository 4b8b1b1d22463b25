import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { decodeIndex, type SegmentRecord } from "@confed/codecs";
import { fileIdOf, locate } from "../log-files.ts";
import { readPlain } from "../read-file.ts";
import { isStamp, type ReadFile, STAMP_BYTES, stampedEnd } from "../stamps.ts";
import type { LogEnd } from "../writer-messages.ts";
import type { Position } from "./positions-file.ts";
import type { Vouched } from "./replay-journal.ts";
import { type Cut, whereCut } from "./where-cut.ts";

/** Where a console's log stands when it is opened. */
export interface Start {
  readonly logId: string;
  /** The offset behind the last byte in the file, as far as it is known. */
  readonly fileEnd: number;
  /** Where numbering goes on. */
  readonly next: number;
  /** Byte `pos` of the file is offset `off`; undefined: the next byte begins a segment. */
  readonly segment: Segment | undefined;
  /** The file at the log's path, if it holds bytes of this log. */
  readonly file: LogFile | undefined;
  /** The last segment's file ends before that begins, and lacks what earlier ones have in it. */
  readonly cut?: Cut | undefined;
  /** What the disk knows of it still holds, its reservation included. */
  readonly goesOn?: boolean;
}

/** Byte `pos` of the file is offset `off`. */
export interface Segment {
  readonly off: number;
  readonly pos: number;
  /** It is stamped; see the index. */
  readonly head?: number | undefined;
  readonly emptied?: boolean | undefined;
}

/** The file that a log is written to. */
export interface LogFile {
  readonly id: string;
  /** The first offset of this log in it. */
  readonly base: number;
}

export interface LogFiles {
  readonly path: string;
  readonly indexPath: string;
  /** What belongs behind the index, and a full disk did not take. */
  readonly lateLines?: string | undefined;
}

/**
 * The agent began without us, under an id of its own: what it printed so far and cannot give again
 * is missing from the beginning.
 */
export function startAt({ logId, offset }: { readonly logId: string; readonly offset: number }): Start {
  return { logId, fileEnd: 0, next: offset, segment: undefined, file: undefined };
}

/**
 * From what the disk says, and the agent of a log that another writer `left` to us. `known` undefined:
 * nothing was ever recorded of this console.
 */
export function whereToStart(
  known: Position | undefined,
  { path, indexPath, lateLines }: LogFiles,
  left?: LogEnd,
): Start {
  if (known !== undefined && left !== undefined && isOf(known, left)) {
    const { log, off, pos, id, base = off, head } = known;
    // What others do to the file shows when it is opened, as ever.
    if (known.file === path && id !== undefined && head === undefined)
      return startOf(log, left.offset, { segment: { off, pos }, file: { id, base }, goesOn: true });
    return whereToStart({ ...known, end: left.offset, clean: true }, { path, indexPath, lateLines });
  }
  const stat = statSync(path, { throwIfNoEntry: false });
  if (known === undefined) {
    // Bytes of before, if any, are the beginning of this log; but for those of which nobody knows any
    // more which are output and which are stamps.
    const sizeBytes =
      stat === undefined || beginsWithStamp((pos, n) => readPlain(path, pos, n)) ? 0 : stat.size;
    const logId = randomBytes(8).toString("hex");
    const segment = sizeBytes === 0 ? undefined : { off: 0, pos: 0 };
    const file = stat === undefined || sizeBytes === 0 ? undefined : { id: fileIdOf(stat), base: 0 };
    return { logId, fileEnd: sizeBytes, next: sizeBytes, segment, file };
  }
  const { log: logId, end, clean } = known;
  const id = stat === undefined ? undefined : fileIdOf(stat);
  const isSame = known.file === path && id !== undefined && known.id === id;
  const written = isSame ? { id, base: known.base ?? known.off } : undefined;
  // After a clean stop we know where the log ends; if its file says otherwise, somebody truncated,
  // replaced or wrote it, and the reader finds that out.
  if (clean) {
    const segment = known.file === path ? { off: known.off, pos: known.pos, head: known.head } : undefined;
    return startOf(logId, end, { segment, file: written });
  }
  const { last, found, marks } = whereLast(known, indexPath, lateLines);
  const { off, pos, base, head } = last;
  const here = found?.path === path;
  const grownBytes = found === undefined || found.packing !== "none" ? -1 : sizeOf(found.path) - pos;
  const open = here && last.id !== undefined ? { id: last.id, base: base ?? off } : undefined;
  // The file tells how far the log came; if it is shorter than its segment's beginning, all of the
  // segment is part of the gap, and so is what is missing of those before.
  if (grownBytes < 0) {
    const cut =
      found?.packing === "none"
        ? whereCut(indexPath, {
            path: found.path,
            sizeBytes: pos + grownBytes,
            last: { ...last, log: logId },
          })
        : undefined;
    return { logId, fileEnd: off, next: end, segment: undefined, file: open, cut };
  }
  const outputEnd =
    head === undefined || found === undefined
      ? off + grownBytes
      : stampedEnd(
          found.path,
          { off, pos, skip: 0 },
          marks.filter(({ of }) => of === off),
        );
  const fileEnd = Math.min(outputEnd, end);
  return { logId, fileEnd, next: end, segment: here ? { off, pos, head } : undefined, file: open };
}

function startOf(logId: string, end: number, rest: Pick<Start, "segment" | "file" | "goesOn">): Start {
  return { logId, fileEnd: end, next: end, ...rest };
}

// A writer that could not leave it as it stood has closed it.
function isOf({ log, off, end, clean }: Position, { logId, offset }: LogEnd): boolean {
  return !clean && log === logId && offset >= off && offset <= end;
}

/** A file of a log of which nothing else is known. */
export function beginsWithStamp(read: ReadFile): boolean {
  return isStamp(read(0, STAMP_BYTES));
}

/** Bytes of a file that no journal vouches for are not believed: the next byte begins a segment. */
export function believed(start: Start, vouched: Vouched | undefined): Start {
  if (vouched?.log !== start.logId || start.fileEnd <= vouched.end) return start;
  return { ...start, fileEnd: vouched.end, segment: undefined, goesOn: false };
}

/** 0 for what does not exist. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

type KnownSegment = Pick<Position, "off" | "pos" | "file" | "id" | "base" | "head">;

// A segment is in the index a moment before it is in the positions: an unclean stop may come between.
// Its file may not have outlived a power loss: then the one before it is the last.
function whereLast(known: Position, indexPath: string, lateLines = "") {
  const { records } = decodeIndex(`${tailOf(indexPath)}\n${lateLines}`);
  const noted = records.findLast(
    (record): record is SegmentRecord =>
      record.t === "seg" && record.log === known.log && record.off >= known.off,
  );
  const candidates: KnownSegment[] = noted === undefined ? [known] : [noted, known];
  // Rotated a moment before the stop, by us or others, it is elsewhere and says as much.
  const places = candidates.map((last) => {
    const { file, id, base } = last;
    return { last, found: locate({ file, logId: known.log, id, base }) };
  });
  const marks = records.filter((record) => record.t === "at");
  return {
    marks,
    ...(places.find(({ found }) => found !== undefined) ?? { last: noted ?? known, found: undefined }),
  };
}

/** Segments are rare and what matters is near the end: a minute of time marks and events. */
const TAIL_BYTES = 8 * 1024;

function tailOf(path: string): string {
  const sizeBytes = sizeOf(path);
  if (sizeBytes === 0) return "";
  const fd = openSync(path, "r");
  try {
    const from = Math.max(0, fstatSync(fd).size - TAIL_BYTES);
    const tail = Buffer.alloc(TAIL_BYTES);
    return tail.toString("utf8", 0, readSync(fd, tail, 0, TAIL_BYTES, from));
  } finally {
    closeSync(fd);
  }
}
