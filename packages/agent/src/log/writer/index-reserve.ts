import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  decodeCheckedLines,
  encodeCheckedLine,
  encodeIndexRecord,
  type GapRecord,
  type SegmentRecord,
} from "@confed/codecs";
import { makeDirectory } from "@confed/kernel";
import { namesIn } from "../log-files.ts";

/** What of an index must not be lost: without it, bytes would have other offsets than they had. */
export type Reservable = SegmentRecord | GapRecord;

/** A line of the reserve. `end`: what was kept of this console until here is in its index. */
type Entry =
  | { readonly name: string; readonly record: Reservable }
  | { readonly name: string; readonly end: true };

/**
 * Room for gaps and segments while the disk with the indexes is full: a file that was written in full
 * when there was space (a file system that copies on write may refuse it all the same; then the log is
 * refused as without it). What is kept here belongs behind the index of its console until that takes
 * it. Not synced, as the indexes are not. Costs nothing while nothing is kept.
 */
export class IndexReserve {
  readonly #fd: number;
  /** Lines of the index, by console, in order. */
  readonly #lines = new Map<string, string>();
  #usedBytes = 0;
  /** How far the file was written: nothing behind it is promised. */
  #roomBytes = 0;

  /** Throws when the file cannot be made; on a full disk, it has less room. */
  constructor(path: string) {
    makeDirectory(dirname(path));
    const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
    this.#fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o640);
    const text = readFileSync(this.#fd, "utf8").trimEnd();
    for (const [name, lines] of linesIn(text)) this.#lines.set(name, lines);
    // Behind a line that an unclean stop may have torn.
    this.#usedBytes = text === "" ? 0 : Buffer.byteLength(text) + 1;
    this.#roomBytes = fstatSync(this.#fd).size;
    this.#startOverIfEmpty();
  }

  /** Whose index lacks something. */
  names(): readonly string[] {
    return [...this.#lines.keys()];
  }

  /** What belongs behind the index of a console. */
  linesOf(name: string): string {
    return this.#lines.get(name) ?? "";
  }

  /** False: it has no room. */
  keep(name: string, record: Reservable): boolean {
    if (!this.#put({ name, record })) return false;
    this.#lines.set(name, this.linesOf(name) + encodeIndexRecord(record));
    return true;
  }

  /** Its index has it all. */
  release(name: string): void {
    // Without room for that, the next start finds the lines in the index.
    if (this.#lines.delete(name)) this.#put({ name, end: true });
    this.#startOverIfEmpty();
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** What takes back all that was kept since, of whom ever: to be called before anybody else's turn. */
  savepoint(name: string): () => void {
    const usedBytes = this.#usedBytes;
    const lines = this.linesOf(name);
    return () => {
      if (this.#usedBytes > usedBytes) this.#clear(usedBytes);
      if (lines !== "") this.#lines.set(name, lines);
      else this.#lines.delete(name);
    };
  }

  #put(entry: Entry): boolean {
    const line = Buffer.from(encodeCheckedLine(entry));
    if (this.#usedBytes + line.byteLength > this.#roomBytes) return false;
    try {
      writeSync(this.#fd, line, 0, line.byteLength, this.#usedBytes);
    } catch {
      return false;
    }
    this.#usedBytes += line.byteLength;
    return true;
  }

  #startOverIfEmpty(): void {
    if (this.#lines.size > 0) return;
    if (this.#usedBytes > 0) this.#clear(0);
    try {
      const missingBytes = RESERVE_BYTES - this.#roomBytes;
      if (missingBytes > 0)
        this.#roomBytes += writeSync(this.#fd, emptied(missingBytes), 0, missingBytes, this.#roomBytes);
    } catch {
      // A full disk: tried again when the reserve is next empty.
    }
  }

  #clear(fromBytes: number): void {
    const clearedBytes = this.#usedBytes - fromBytes;
    writeSync(this.#fd, emptied(clearedBytes), 0, clearedBytes, fromBytes);
    this.#usedBytes = fromBytes;
  }
}

/** Gaps, each with the segment behind it, of two thousand consoles. */
const RESERVE_BYTES = 1024 * 1024;

/** Empty lines, which readers of checked lines pass over. */
function emptied(sizeBytes: number): Buffer {
  return Buffer.alloc(sizeBytes, "\n");
}

function linesIn(text: string): ReadonlyMap<string, string> {
  const lines = new Map<string, string>();
  for (const entry of decodeCheckedLines(text).records as Entry[]) {
    if ("end" in entry) lines.delete(entry.name);
    else lines.set(entry.name, (lines.get(entry.name) ?? "") + encodeIndexRecord(entry.record));
  }
  return lines;
}

/** Where the reserve of a log writer is: one each, in a place that readers of all indexes know. */
export function reservePathOf(stateDir: string, writer = "agent"): string {
  return join(directoryOf(stateDir), writer);
}

/**
 * What reserves have of a console's index that the text of the index, or of its end, has not. Costs
 * three calls a log writer, as long as nothing is kept.
 */
export function reservedLines(stateDir: string, name: string, index: string): string {
  const directory = directoryOf(stateDir);
  return namesIn(directory)
    .map((writer) => notIn(index, linesIn(textOf(join(directory, writer))).get(name) ?? ""))
    .join("");
}

/** Those of the lines that a text has not: a stop may come between taking them over and saying so. */
export function notIn(text: string, lines: string): string {
  return lines
    .split(/(?<=\n)/)
    .filter((line) => !text.includes(line))
    .join("");
}

function directoryOf(stateDir: string): string {
  return join(stateDir, "index-reserve");
}

function textOf(path: string): string {
  const fd = openSync(path, "r");
  try {
    const first = Buffer.alloc(1);
    readSync(fd, first, 0, 1, 0);
    return first.toString() === "\n" ? "" : readFileSync(path, "utf8").trimEnd();
  } finally {
    closeSync(fd);
  }
}
