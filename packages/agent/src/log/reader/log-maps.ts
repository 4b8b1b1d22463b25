import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { decodeIndex, encodeIndexRecord, type IndexRecord, type LogMap, logMapOf } from "@confed/codecs";
import { LRUCache } from "lru-cache";
import { indexPathOf } from "../log-path.ts";
import { reservedLines } from "../writer/index-reserve.ts";

interface Known {
  readonly inode: number;
  /** How much of the index was read; always up to a line's end. */
  readBytes: number;
  readonly records: IndexRecord[];
  readonly maps: Map<string, LogMap>;
}

/**
 * The maps of logs, from their indexes. An index grows while its log is read, and a page of history
 * is followed by the next: only what is new is read. That is looked for at every question: what the
 * map said of old offsets no longer holds once somebody has truncated a file. Costs six calls.
 */
export class LogMaps {
  readonly #stateDir: string;
  readonly #known = new LRUCache<string, Known>({ max: 16 });

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /** The map of a log. An index that does not exist is an empty one. */
  get({ name, logId }: { readonly name: string; readonly logId: string }): LogMap {
    const known = this.#refresh(name, this.#known.get(name));
    const { records } = known;
    // While a full disk does not take them: the last of the index are enough to tell which it has.
    const tail = records.slice(-TAIL_RECORDS).map(encodeIndexRecord).join("");
    const late = reservedLines(this.#stateDir, name, tail);
    if (late !== "") return logMapOf([...records, ...decodeIndex(late).records], logId);
    const map = known.maps.get(logId) ?? logMapOf(records, logId);
    known.maps.set(logId, map);
    return map;
  }

  #refresh(name: string, before: Known | undefined): Known {
    const path = indexPathOf(this.#stateDir, name);
    let fd: number;
    try {
      fd = openSync(path, "r");
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code !== "ENOENT") throw reason;
      return { inode: 0, readBytes: 0, records: [], maps: new Map() };
    }
    try {
      const { ino, size } = fstatSync(fd);
      const grown = before?.inode === ino && before.readBytes <= size;
      const known = grown
        ? before
        : { inode: ino, readBytes: 0, records: [], maps: new Map<string, LogMap>() };
      readNew(fd, size, known);
      this.#known.set(name, known);
      return known;
    } finally {
      closeSync(fd);
    }
  }
}

const TAIL_RECORDS = 32;

function readNew(fd: number, sizeBytes: number, known: Known): void {
  if (sizeBytes === known.readBytes) return;
  const bytes = Buffer.alloc(sizeBytes - known.readBytes);
  const got = readSync(fd, bytes, 0, bytes.byteLength, known.readBytes);
  const wholeBytes = bytes.subarray(0, got).lastIndexOf("\n") + 1;
  for (const record of decodeIndex(bytes.toString("utf8", 0, wholeBytes)).records) {
    known.records.push(record);
  }
  known.readBytes += wholeBytes;
  known.maps.clear();
}
