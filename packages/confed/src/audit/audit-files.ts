import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { ConfedError } from "@confed/kernel";

/** A file of an audit directory: its name says with which record it begins. */
export interface AuditFileName {
  readonly path: string;
  readonly name: string;
  readonly first: number;
}

/** The path of the file that begins with this record. */
export function auditFilePath(directory: string, first: number): string {
  return join(directory, `audit-${String(first).padStart(16, "0")}.jsonl`);
}

/** The files of an audit directory, in the order of their records. */
export function auditFilesIn(directory: string): readonly AuditFileName[] {
  return readdirSync(directory)
    .flatMap((name) => {
      const digits = /^audit-(\d{16})\.jsonl$/.exec(name)?.[1];
      return digits === undefined ? [] : [{ path: join(directory, name), name, first: Number(digits) }];
    })
    .sort((a, b) => a.first - b.first);
}

/** Open a file of the audit for reading. A symbolic link is not followed: what it shows is not ours. */
export function openAuditFile(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (reason) {
    throw (reason as NodeJS.ErrnoException).code === "ELOOP" ? symbolicLink(path) : reason;
  }
}

/** What somebody put where a file or a directory of ours should be. */
export function symbolicLink(path: string): ConfedError {
  return new ConfedError("permission_denied", `${path} is a symbolic link, which is not followed`, {
    subject: path,
    hint: "take it away, and find out who put it there",
  });
}

/**
 * The lines of a file from `offset` on, read in pieces; `onTorn` is told what stands behind the last
 * line feed. A line longer than `READ_BYTES` is cut there: it is none of ours.
 */
export function* linesOf(
  path: string,
  { offset = 0, onTorn = () => undefined }: { offset?: number; onTorn?: (bytes: number) => void } = {},
): Generator<string> {
  const fd = openAuditFile(path);
  try {
    let rest = Buffer.alloc(0);
    const piece = Buffer.alloc(READ_BYTES);
    for (let at = offset; ; ) {
      const count = readSync(fd, piece, 0, piece.byteLength, at);
      if (count === 0) break;
      at += count;
      const bytes = Buffer.concat([rest, piece.subarray(0, count)]);
      let begin = 0;
      for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, begin)) {
        yield bytes.toString("utf8", begin, end);
        begin = end + 1;
      }
      rest = bytes.subarray(begin);
      if (rest.byteLength < READ_BYTES) continue;
      yield rest.toString("utf8");
      rest = Buffer.alloc(0);
    }
    if (rest.byteLength > 0) onTorn(rest.byteLength);
  } finally {
    closeSync(fd);
  }
}

/** Read at a time. */
const READ_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;

/** The last bytes of an open file, and where they begin. */
export function tailOf(fd: number, bytesMax: number): { readonly offset: number; readonly bytes: Buffer } {
  const { size } = fstatSync(fd);
  const bytes = Buffer.alloc(Math.min(size, bytesMax));
  const offset = size - bytes.byteLength;
  for (let read = 0; read < bytes.byteLength; ) {
    const count = readSync(fd, bytes, read, bytes.byteLength - read, offset + read);
    if (count === 0) break;
    read += count;
  }
  return { offset, bytes };
}

/**
 * Refuse a directory that others could have prepared: a symbolic link that is neither root's nor
 * ours, or one that others may write. Throws "permission_denied" naming it.
 */
export function checkAuditDirectory(directory: string, userId = process.getuid?.() ?? 0): void {
  const link = lstatSync(directory);
  const ours = (uid: number) => uid === 0 || uid === userId;
  if (link.isSymbolicLink() && !ours(link.uid)) throw symbolicLink(directory);
  const { uid, mode } = link.isSymbolicLink() ? lstatSync(`${directory}/.`) : link;
  if (ours(uid) && (mode & OTHERS_WRITE) === 0) return;
  const who = ours(uid) ? "others than its owner may write there" : `it belongs to user ${uid}`;
  throw new ConfedError("permission_denied", `records of an audit do not go to ${directory}: ${who}`, {
    subject: directory,
    hint: "make it the process's own, with mode 0700",
  });
}

const OTHERS_WRITE = 0o022;
