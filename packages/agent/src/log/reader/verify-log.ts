import { readFileSync, statSync } from "node:fs";
import { decodeIndex, type GapCause, type LogMap, logMapOf } from "@confed/codecs";
import { ConfedError } from "@confed/kernel";
import { readHostPositions } from "../../shards/host-positions.ts";
import { locate } from "../log-files.ts";
import { indexPathOf } from "../log-path.ts";
import { stampedEnd } from "../stamps.ts";
import { reservedLines } from "../writer/index-reserve.ts";
import type { Position } from "../writer/positions-file.ts";
import { readRange } from "./read-range.ts";
import { stampFaults } from "./stamp-faults.ts";
import { timeFaults } from "./time-faults.ts";

/** What the files of one console's log prove. */
export interface LogVerdict {
  readonly console: string;
  /** Undefined: it was never opened. */
  readonly logId: string | undefined;
  /** The first offset and the one behind the last. */
  readonly from: number;
  readonly to: number;
  /** Bytes of the log that its files have. */
  readonly bytes: number;
  readonly fileCount: number;
  /** Its files, or some, have times between the lines: their lines are held to that, their bytes to no less. */
  readonly stamped: boolean;
  readonly gaps: readonly VerifiedGap[];
  /** What must not be; empty: the log is what its index says, from beginning to end. */
  readonly faults: readonly string[];
}

export interface VerifiedGap {
  readonly from: number;
  readonly to: number;
  readonly lengthKnown: boolean;
  readonly why: GapCause;
}

/**
 * Hold a console's files against its index and its position: every offset is a byte of a file, once,
 * or in a gap that says why. Reads the whole log, unpacking what is packed; changes nothing. A log
 * that is being written is proven as far as it goes at the moment. Of a stamped log's files, the lines'
 * times are looked at as well; whether they are true nobody can know.
 */
export function verifyLog(
  console: string,
  stateDir: string,
  positions = readHostPositions(stateDir),
): LogVerdict {
  const index = readIfAny(indexPathOf(stateDir, console));
  const { records, damagedCount } = decodeIndex(`${index}${reservedLines(stateDir, console, index)}`);
  const position = positions.get(console);
  const map = logMapOf(records, position?.log);
  const faults: string[] = [];
  if (damagedCount > 0) faults.push(`${damagedCount} lines of the index are damaged`);
  faults.push(...disorder(map), ...timeFaults(records, map.logId));
  const to = position?.clean === true ? position.end : endOf(map);
  // Every log begins at 0, or says by a gap that it does not.
  const from = 0;
  if (map.stretches.length === 0 && map.gaps.length === 0 && wasLogged(position))
    faults.push("the index is missing");
  const gaps: VerifiedGap[] = [];
  let bytes = 0;
  for (let at = from; at < to; ) {
    try {
      const { pieces, next } = readRange(map, { from: at, to, bytesMax: PAGE_BYTES });
      for (const piece of pieces) {
        if (piece.is === "bytes") bytes += piece.length;
        else
          addGap(gaps, {
            from: piece.gap.off,
            to: piece.gap.to,
            lengthKnown: piece.gap.known,
            why: piece.gap.why,
          });
      }
      at = next;
    } catch (reason) {
      const stretch = map.stretches.find((each) => each.from <= at && at < each.to);
      faults.push(
        `offsets from ${at} on cannot be read: ${ConfedError.from(reason, "unavailable").rawMessage}`,
      );
      at = Math.min(stretch?.to ?? to, to);
    }
  }
  for (const { from: off, to: end, why } of gaps) {
    if (why === "log-truncated")
      faults.push(`${end - off} bytes from offset ${off} on are in no file, and no gap explains it`);
  }
  const stamped = map.stretches.filter((stretch) => stretch.stamped !== undefined);
  for (const stretch of stamped)
    faults.push(...stampFaults(stretch, { logId: map.logId ?? "", to, records }));
  const fileCount = new Set(
    map.stretches.flatMap((stretch) => locate({ ...stretch, logId: map.logId ?? "" })?.path ?? []),
  ).size;
  return { console, logId: map.logId, from, to, bytes, fileCount, stamped: stamped.length > 0, gaps, faults };
}

const PAGE_BYTES = 1024 * 1024;

/**
 * A console has a position from when it is opened, and an index from its first byte on. Until it is closed its position
 * does not tell: any file of its log does. Where all of them are gone as well, nobody can know.
 */
function wasLogged(position: Position | undefined): boolean {
  if (position === undefined) return false;
  if (position.clean) return position.end > 0;
  const { file, log: logId, id, off, base = off } = position;
  if (off > 0 || id !== undefined) return true;
  const found = locate({ file, logId, base });
  return found !== undefined && (statSync(found.path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** Offsets must grow from record to record, and stretches of a file must not overlap. */
function disorder(map: LogMap): string[] {
  const faults: string[] = [];
  for (const [at, stretch] of map.stretches.entries()) {
    const before = map.stretches[at - 1];
    if (before === undefined) continue;
    if (stretch.from < before.to) faults.push(`offsets from ${stretch.from} on are in the index twice`);
    const isSameFile = before.file === stretch.file && before.id === stretch.id;
    if (isSameFile && stretch.pos < before.pos + before.to - before.from)
      faults.push(`bytes of ${stretch.file} from ${stretch.pos} on have two offsets`);
  }
  return faults;
}

/** Behind the last byte that a file has, or the last gap. */
function endOf(map: LogMap): number {
  const last = map.stretches.at(-1);
  const gapEnd = map.gaps.at(-1)?.to ?? 0;
  if (last === undefined) return gapEnd;
  if (last.to !== Number.POSITIVE_INFINITY) return Math.max(last.to, gapEnd);
  const found = locate({ ...last, logId: map.logId ?? "" });
  if (last.stamped !== undefined && found !== undefined) {
    const end = stampedEnd(found.path, { off: last.from, pos: last.pos, skip: 0 }, last.stamped.marks);
    return Math.max(end, gapEnd);
  }
  const sizeBytes = found === undefined ? 0 : (statSync(found.path, { throwIfNoEntry: false })?.size ?? 0);
  return Math.max(last.from, last.from + sizeBytes - last.pos, gapEnd);
}

function addGap(gaps: VerifiedGap[], gap: VerifiedGap): void {
  const last = gaps.at(-1);
  if (last?.to === gap.from && last.why === gap.why && last.lengthKnown === gap.lengthKnown)
    gaps[gaps.length - 1] = { ...last, to: gap.to };
  else gaps.push(gap);
}

function readIfAny(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw reason;
  }
}
