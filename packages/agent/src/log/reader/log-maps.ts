import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { decodeIndex, type IndexRecord, type LogMap, logMapOf } from "@confed/codecs";
import { LRUCache } from "lru-cache";
import { indexPathOf } from "../log-path.ts";

interface Known {
  readonly inode: number;
  /** How much of the index was read; always up to a line's end. */
  readBytes: number;
  readonly records: IndexRecord[];
  readonly maps: Map<string, LogMap>;
  /** Behind every offset that the records know of. */
  knownEnd: number;
}

/**
 * The maps of logs, from their indexes. An index grows while its log is read, and a page of history
 * is followed by the next: only what is new is read, and only if the question reaches that far.
 */
export class LogMaps {
  readonly #stateDir: string;
  readonly #known = new LRUCache<string, Known>({ max: 16 });

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /** The map of a log, right up to `upTo` at least. An index that does not exist is an empty one. */
  get(
    { name, logId }: { readonly name: string; readonly logId: string },
    upTo = Number.POSITIVE_INFINITY,
  ): LogMap {
    const before = this.#known.get(name);
    const known = before !== undefined && upTo <= before.knownEnd ? before : this.#refresh(name, before);
    const map = known.maps.get(logId) ?? logMapOf(known.records, logId);
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
      return { inode: 0, readBytes: 0, records: [], maps: new Map(), knownEnd: 0 };
    }
    try {
      const { ino, size } = fstatSync(fd);
      const grown = before?.inode === ino && before.readBytes <= size;
      const known = grown
        ? before
        : { inode: ino, readBytes: 0, records: [], maps: new Map<string, LogMap>(), knownEnd: 0 };
      readNew(fd, size, known);
      this.#known.set(name, known);
      return known;
    } finally {
      closeSync(fd);
    }
  }
}

function readNew(fd: number, sizeBytes: number, known: Known): void {
  if (sizeBytes === known.readBytes) return;
  const bytes = Buffer.alloc(sizeBytes - known.readBytes);
  const got = readSync(fd, bytes, 0, bytes.byteLength, known.readBytes);
  const wholeBytes = bytes.subarray(0, got).lastIndexOf("\n") + 1;
  for (const record of decodeIndex(bytes.toString("utf8", 0, wholeBytes)).records) {
    known.records.push(record);
    known.knownEnd = Math.max(known.knownEnd, record.off);
  }
  known.readBytes += wholeBytes;
  known.maps.clear();
}
