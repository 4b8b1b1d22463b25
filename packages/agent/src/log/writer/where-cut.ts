import { readFileSync } from "node:fs";
import { decodeIndex, logMapOf, type SegmentRecord, type Stretch } from "@confed/codecs";
import { readPlain } from "../read-file.ts";
import { walkStamped } from "../stamps.ts";

/** A file that is shorter than its log says. */
export interface Cut {
  /** From here on up to where `segment` begins, the log lacks what it had. */
  readonly off: number;
  /** What is in the file from its end on, whoever writes it, is nothing of before. */
  readonly segment: SegmentRecord;
}

/** What a file that is shorter than where its last segment begins lacks of those before. */
export interface CutFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly last: Pick<SegmentRecord, "log" | "off" | "file"> & {
    readonly id?: string | undefined;
    readonly base?: number | undefined;
  };
}

/**
 * Where a plain file was cut; undefined: only what is no output of this log is missing. Reads all of
 * the index, and of a stamped file what is behind the last mark that is left: this is rare.
 */
export function whereCut(indexPath: string, { path, sizeBytes, last }: CutFile): Cut | undefined {
  const { log, off, file, id, base = off } = last;
  const { stretches } = logMapOf(decodeIndex(readIndex(indexPath)).records, log);
  for (const stretch of stretches) {
    if (stretch.from >= off || stretch.file !== file || stretch.id !== id || stretch.base !== base) continue;
    const held = heldEnd(stretch, path, sizeBytes);
    if (held >= Math.min(stretch.to, off)) continue;
    const pos = sizeBytes;
    return {
      off: held,
      segment: { t: "seg", log, off, file, pos, base, ...(id === undefined ? {} : { id }) },
    };
  }
  return undefined;
}

/** The offset behind the last byte of a stretch that its file still has. */
function heldEnd({ from, to, pos, stamped }: Stretch, path: string, sizeBytes: number): number {
  if (stamped === undefined) return from + Math.max(0, sizeBytes - pos);
  if (stamped.endPos <= sizeBytes) return to;
  const mark = stamped.marks.findLast((each) => each.pos <= sizeBytes) ?? { off: from, pos };
  return walkStamped((at, length) => readPlain(path, at, length), { ...mark, skip: 0 }).off;
}

function readIndex(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw reason;
  }
}
