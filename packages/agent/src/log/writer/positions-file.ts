import { closeSync, fdatasyncSync, fsyncSync, openSync, readFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { decodeCheckedLines, encodeCheckedLine } from "@confed/codecs";
import { makeDirectory } from "@confed/kernel";
import { appendWhole } from "./append-whole.ts";

/** How far one console's offsets have come, as the disk knows it. */
export interface Position {
  readonly name: string;
  readonly log: string;
  /** Clean: the next offset. Else: the end of the reservation, which is where numbering goes on. */
  readonly end: number;
  readonly clean: boolean;
  /** The segment being written: byte `pos` of `file` is offset `off`. */
  readonly off: number;
  readonly pos: number;
  readonly file: string;
  /** Which file, and the first offset of this log in it; unknown in what earlier versions wrote. */
  readonly id?: string | undefined;
  readonly base?: number | undefined;
  /** The segment is stamped; see the index. */
  readonly head?: number | undefined;
  /** How often the console was handed from one process to another; none: 0. */
  readonly turn?: number | undefined;
}

/** Of two positions of one console the one that counts: whoever had it later knows better. */
export function laterOf(own: Position | undefined, handed: Position | undefined): Position | undefined {
  return handed !== undefined && (own === undefined || (handed.turn ?? 0) > (own.turn ?? 0)) ? handed : own;
}

/** The beginning of a file of checked lines, up to a line's end. */
export interface ReadAhead {
  readonly text: string;
  readonly records: readonly object[];
}

const NOTHING_READ: ReadAhead = { text: "", records: [] };

/** What a file has now, to which others still append. */
export function readAhead(path: string): ReadAhead {
  const all = readIfAny(path);
  const text = all.slice(0, all.lastIndexOf("\n") + 1);
  return { text, records: decodeCheckedLines(text).records };
}

/** The positions that a directory knows, without touching it. */
export function readPositions(directory: string): ReadonlyMap<string, Position> {
  return readNamed<Position>(positionsPathOf(directory));
}

/** What a file of this kind knows, without touching it. None: nothing. */
export function readNamed<T extends { readonly name: string }>(path: string): ReadonlyMap<string, T> {
  const { records } = decodeCheckedLines(readIfAny(path));
  return new Map((records as T[]).map((record) => [record.name, record]));
}

export function positionsPathOf(directory: string): string {
  return join(directory, "positions");
}

/**
 * The positions of all consoles of a shard, or something else about each: one file of checked
 * lines, appended and made durable with one fdatasync for as many consoles as change at once, the
 * last line of a console counts.
 */
export class PositionsFile<T extends { readonly name: string } = Position> {
  readonly #path: string;
  readonly #positions = new Map<string, T>();
  #fd: number;
  #lineCount: number;
  /** A sync failed: the kernel has thrown away what it could not write, and says so only once. */
  #suspect = false;
  /** An unclean stop may have torn the last line, be it the only one: the next write closes it off. */
  #torn: boolean;

  /**
   * Reads what is there. A missing file is an empty one; damaged lines are passed over. What was read
   * `ahead` is not read again.
   */
  constructor(path: string, ahead?: ReadAhead) {
    this.#path = path;
    makeDirectory(dirname(path));
    const text = readIfAny(path);
    const known = ahead !== undefined && text.startsWith(ahead.text) ? ahead : NOTHING_READ;
    const records = [...known.records, ...decodeCheckedLines(text.slice(known.text.length)).records];
    for (const record of records as T[]) this.#positions.set(record.name, record);
    this.#lineCount = records.length;
    this.#fd = openSync(path, "a", 0o640);
    this.#torn = text !== "";
  }

  get(name: string): T | undefined {
    return this.#positions.get(name);
  }

  /**
   * Durable when it returns. Throws what the file system says. After a sync that failed, everything is
   * written into a new file: nothing of the old one is believed.
   */
  put(positions: readonly T[]): void {
    if (positions.length === 0) return;
    if (this.#suspect) this.#writeAnew(positions);
    else this.#append(positions);
    // Only what the disk knows is known: a caller that is refused must not find it done.
    for (const position of positions) this.#positions.set(position.name, position);
    this.#lineCount += positions.length;
    if (this.#lineCount > COMPACT_ABOVE_LINES && this.#lineCount > 4 * this.#positions.size)
      this.#writeAnew([]);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #append(positions: readonly T[]): void {
    append(this.#fd, positions, this.#torn ? "\n" : "");
    this.#torn = false;
    try {
      fdatasyncSync(this.#fd);
    } catch (reason) {
      this.#suspect = true;
      throw reason;
    }
  }

  #writeAnew(positions: readonly T[]): void {
    const all = new Map(this.#positions);
    for (const position of positions) all.set(position.name, position);
    const temporary = `${this.#path}.new`;
    const fd = openSync(temporary, "w", 0o640);
    try {
      append(fd, [...all.values()]);
      fdatasyncSync(fd);
      renameSync(temporary, this.#path);
      syncDirectory(dirname(this.#path));
    } catch (reason) {
      closeSync(fd);
      throw reason;
    }
    closeSync(this.#fd);
    this.#fd = fd;
    this.#suspect = false;
    this.#torn = false;
    this.#lineCount = all.size;
  }
}

const COMPACT_ABOVE_LINES = 1_000;

function append(fd: number, positions: readonly object[], before = ""): void {
  appendWhole(fd, before + positions.map(encodeCheckedLine).join(""));
}

/** A name is on the disk when its directory is (fsync(2)). */
export function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function readIfAny(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw reason;
  }
}
