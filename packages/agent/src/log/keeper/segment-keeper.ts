import { rmSync, statfsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { namesIn, type SegmentFile, segmentFileOf } from "../log-files.ts";
import type { Retention, WriterOptions } from "../writer-messages.ts";
import { hasZstd, packFile } from "./packed-file.ts";

export interface KeeperDeps {
  readonly wallTimeMs: () => number;
  /** What could not be done; it is tried again at the next look. */
  readonly onTrouble: (path: string, reason: unknown) => void;
  /** For tests: of a directory's file system. */
  readonly diskOf?: (directory: string) => Disk;
}

export interface Disk {
  readonly sizeBytes: number;
  readonly freeBytes: number;
}

interface Segment extends SegmentFile {
  readonly log: string;
  readonly sizeBytes: number;
  /** When its last byte was written. */
  readonly endedMs: number;
}

/**
 * Packs rotated segments and removes those that are kept long enough. It knows nothing but the
 * files: whatever it did not finish, the next look finds. Works in a process of its own, because
 * packing takes time and the log writer has none.
 */
export class SegmentKeeper {
  readonly #options: Pick<WriterOptions, "compress" | "keep">;
  readonly #deps: KeeperDeps;
  readonly #logs = new Set<string>();

  constructor(options: Pick<WriterOptions, "compress" | "keep">, deps: KeeperDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Look after the segments of this log, too. */
  add(log: string): void {
    this.#logs.add(log);
  }

  /** Pack what is not packed, remove what is too old or too much, and make room where it lacks. */
  look(): void {
    const segments = this.#segments();
    for (const [log, ofLog] of segments)
      segments.set(log, this.#retained(ofLog.map((each) => this.#packed(each))));
    this.#makeRoom(segments);
  }

  /** Each log's segments, oldest first. */
  #segments(): Map<string, readonly Segment[]> {
    const found = new Map<string, readonly Segment[]>();
    const names = new Map<string, readonly string[]>();
    for (const log of this.#logs) {
      const directory = dirname(log);
      const all = names.get(directory) ?? namesIn(directory).filter((name) => SEGMENT_LIKE.test(name));
      names.set(directory, all);
      for (const name of all) if (name.endsWith(".new")) this.#removeTorn(log, join(directory, name));
      const segments = all.flatMap((name) => segmentOf(log, name));
      if (segments.length > 0)
        found.set(
          log,
          segments.sort((a, b) => a.endedMs - b.endedMs || a.base - b.base),
        );
    }
    return found;
  }

  // We alone pack, and one at a time: what is there before we began was left by a crash.
  #removeTorn(log: string, path: string): void {
    if (path.startsWith(`${log}.`)) rmSync(path, { force: true });
  }

  #packed(segment: Segment): Segment {
    const { compress = "none" } = this.#options;
    if (segment.packing !== "none" || compress === "none") return segment;
    if (compress === "zstd" && !hasZstd) return segment;
    try {
      const path = packFile(segment.path, compress);
      return { ...segment, path, packing: compress, sizeBytes: statSync(path).size };
    } catch (reason) {
      this.#deps.onTrouble(segment.path, reason);
      return segment;
    }
  }

  #retained(segments: readonly Segment[]): readonly Segment[] {
    const { ageMs, count, sizeBytes }: Retention = this.#options.keep ?? {};
    const oldestMs = ageMs === undefined ? Number.NEGATIVE_INFINITY : this.#deps.wallTimeMs() - ageMs;
    let keptCount = 0;
    let keptBytes = 0;
    let enough = false;
    const kept: Segment[] = [];
    // Newest first; behind the first that goes, all go: a history has one beginning.
    for (const segment of segments.toReversed()) {
      keptCount += 1;
      keptBytes += segment.sizeBytes;
      enough ||=
        segment.endedMs < oldestMs ||
        keptCount > (count ?? Number.POSITIVE_INFINITY) ||
        keptBytes > (sizeBytes ?? Number.POSITIVE_INFINITY);
      if (!enough || !this.#remove(segment)) kept.unshift(segment);
    }
    return kept;
  }

  // Oldest packed segments of all first, then oldest plain ones; never the newest of a console.
  #makeRoom(segments: ReadonlyMap<string, readonly Segment[]>): void {
    const older = [...segments.values()].flatMap((ofLog) => ofLog.slice(0, -1));
    const oldestFirst = older.sort((a, b) => rank(a) - rank(b) || a.endedMs - b.endedMs);
    const diskOf = this.#deps.diskOf ?? diskAt;
    const enough = new Set<string>();
    for (const segment of oldestFirst) {
      const directory = dirname(segment.path);
      if (enough.has(directory)) continue;
      const { sizeBytes, freeBytes } = diskOf(directory);
      const floorBytes = this.#options.keep?.freeBytes ?? defaultFloorBytes(sizeBytes);
      if (freeBytes >= floorBytes) enough.add(directory);
      else this.#remove(segment);
    }
  }

  #remove({ path }: Segment): boolean {
    try {
      rmSync(path);
      return true;
    } catch (reason) {
      this.#deps.onTrouble(path, reason);
      return false;
    }
  }
}

/** Free space that is left to others unless told otherwise: 5 %, at least 1 GiB, of a small disk a quarter. */
export function defaultFloorBytes(diskBytes: number): number {
  return Math.min(Math.max(diskBytes / 20, 1024 ** 3), diskBytes / 4);
}

/** Quick, as a directory may hold ten thousand other files. */
const SEGMENT_LIKE = /\.[0-9a-f]{16}-\d{16}(?:\.(?:gz|zst)(?:\.new)?)?$/;

const rank = ({ packing }: Segment) => (packing === "none" ? 1 : 0);

function segmentOf(log: string, name: string): Segment[] {
  const segment = segmentFileOf(log, name);
  const stat = segment === undefined ? undefined : statSync(segment.path, { throwIfNoEntry: false });
  if (segment === undefined || stat === undefined) return [];
  return [{ ...segment, log, sizeBytes: stat.size, endedMs: stat.mtimeMs }];
}

function diskAt(directory: string): Disk {
  const { bavail, blocks, bsize } = statfsSync(directory);
  return { sizeBytes: blocks * bsize, freeBytes: bavail * bsize };
}
