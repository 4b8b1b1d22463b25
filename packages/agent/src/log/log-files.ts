import { readdirSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** How a segment is stored; the words of configuration. */
export type Packing = "none" | "gzip" | "zstd";

/** A part of a log that was rotated away from its path. */
export interface SegmentFile {
  readonly path: string;
  readonly logId: string;
  /** Offset of its first byte of this log. */
  readonly base: number;
  readonly packing: Packing;
}

/** What the index says of the file that a stretch lies in. */
export interface FileSought {
  /** Its path when it was written. */
  readonly file: string;
  readonly logId: string;
  readonly id?: string | undefined;
  readonly base?: number | undefined;
}

/** What a file is, whatever it is called now. An inode is used again, its time of birth is not. */
export function fileIdOf({ ino, birthtimeMs }: Stats): string {
  return `${ino}.${Math.round(birthtimeMs * 1_000)}`;
}

/** The path of a rotated segment: its log and its first offset are in the name. */
export function segmentPathOf(path: string, logId: string, base: number): string {
  return `${path}.${logId}-${String(base).padStart(BASE_DIGITS, "0")}`;
}

/** The segment that a file name of the directory of `path` stands for; undefined: it is none. */
export function segmentFileOf(path: string, name: string): SegmentFile | undefined {
  const prefix = `${basename(path)}.`;
  if (!name.startsWith(prefix)) return undefined;
  const [, logId, digits, ending] = SEGMENT_NAME.exec(name.slice(prefix.length)) ?? [];
  if (logId === undefined) return undefined;
  const packing = ending === undefined ? "none" : ending === "gz" ? "gzip" : "zstd";
  return { path: join(dirname(path), name), logId, base: Number(digits), packing };
}

// 2^53 has 16 digits.
const BASE_DIGITS = 16;
const SEGMENT_NAME = /^([0-9a-f]{16})-(\d{16})(?:\.(gz|zst))?$/;

/**
 * Where a file is now: at its path, rotated by us, rotated and packed, or renamed by somebody else
 * in the same directory. Undefined: nowhere.
 */
export function locate({
  file,
  logId,
  id,
  base,
}: FileSought): { readonly path: string; readonly packing: Packing } | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isFile() && (id === undefined || fileIdOf(stat) === id)) return { path: file, packing: "none" };
  if (base !== undefined) {
    const segment = segmentPathOf(file, logId, base);
    for (const [ending, packing] of ENDINGS) {
      const path = `${segment}${ending}`;
      if (statSync(path, { throwIfNoEntry: false })?.isFile()) return { path, packing };
    }
  }
  return id === undefined ? undefined : renamed(file, id);
}

const ENDINGS = [
  ["", "none"],
  [".gz", "gzip"],
  [".zst", "zstd"],
] as const satisfies readonly (readonly [string, Packing])[];

// logrotate renames to n1.log.1, n1.log-20260101 and the like.
function renamed(file: string, id: string): { readonly path: string; readonly packing: Packing } | undefined {
  const name = basename(file);
  for (const sibling of namesIn(dirname(file))) {
    if (!sibling.startsWith(name) || sibling === name) continue;
    const path = join(dirname(file), sibling);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() && fileIdOf(stat) === id) return { path, packing: "none" };
  }
  return undefined;
}

/** The names in a directory; none if it does not exist. */
export function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw reason;
  }
}
