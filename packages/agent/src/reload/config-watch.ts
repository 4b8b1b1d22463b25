import { type FSWatcher, watch } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Cancel, Clock, Logger } from "@confed/kernel";

/** What to look after. Absolute paths. */
export interface Watched {
  /** Those that do not exist yet among them. */
  readonly files: readonly string[];
  /** A file that comes or goes here matters as well. */
  readonly directories: readonly string[];
}

export interface ConfigWatchDeps {
  readonly clock: Pick<Clock, "nowMs" | "after">;
  readonly logger: Logger;
  /** Something has changed and then been left alone. May call `follow`. Never rejects. */
  readonly onChange: () => Promise<void>;
}

// HOW AND WHY
//
// Directories are watched, not files: editors and atomic writers put a new file in the place of the
// old one, and a watch on a file would keep looking at what nobody sees any more. What the kernel
// tells is only a hint. A change is what `stat` and `readdir` say differently than before, so
// that neighbours in a directory, and events that came for nothing, cost no reload. Network file
// systems tell nothing, symbolic links lead elsewhere, and there is a bound on watches: so
// everything is also looked at every few seconds.

/** How long nothing must have happened: a table that is copied there arrives in pieces. */
export const SETTLE_MS = 500;

/** Who writes all the time is not waited for any longer. */
const SETTLE_MS_MAX = 5_000;

const POLL_MS = 10_000;
/** Where the kernel does not help. */
const POLL_MS_ALONE = 2_000;

const STATS_AT_ONCE = 16;

/** Says when the files of a configuration have changed, once for all that changed together. */
export class ConfigWatch {
  readonly #deps: ConfigWatchDeps;
  #watched: Watched = { files: [], directories: [] };
  readonly #watchers = new Map<string, FSWatcher>();
  /** By directory; undefined: every name in it. */
  #namesIn = new Map<string, Set<string> | undefined>();
  #seen: string | undefined;
  #firstHintMs: number | undefined;
  #cancelSettle: Cancel = () => undefined;
  #cancelPoll: Cancel = () => undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(deps: ConfigWatchDeps) {
    this.#deps = deps;
  }

  /** Begin: what is there now is known already. */
  async start(watched: Watched): Promise<void> {
    this.follow(watched);
    this.#seen = await fingerprintOf(watched);
    this.#poll();
  }

  /** Other files from now on. */
  follow(watched: Watched): void {
    if (this.#stopped) return;
    this.#watched = watched;
    const namesIn = new Map<string, Set<string> | undefined>();
    for (const file of watched.files) {
      const names = namesIn.get(dirname(file)) ?? new Set();
      namesIn.set(dirname(file), names.add(basename(file)));
    }
    for (const directory of watched.directories) namesIn.set(directory, undefined);
    this.#namesIn = namesIn;
    for (const [directory, watcher] of this.#watchers) {
      if (namesIn.has(directory)) continue;
      this.#watchers.delete(directory);
      watcher.close();
    }
    for (const directory of namesIn.keys()) this.#watchDirectory(directory);
  }

  /** Final. Resolves when nothing is being looked at. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelSettle();
    this.#cancelPoll();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    await this.#looking;
  }

  #watchDirectory(directory: string): void {
    if (this.#watchers.has(directory)) return;
    try {
      const watcher = watch(directory, { persistent: false }, (_event, name) => {
        const names = this.#namesIn.get(directory);
        if (name === null || names === undefined || names.has(name)) this.#hint();
      });
      watcher.on("error", () => {
        // Gone, or no watch left for us: the poll sees it.
        if (this.#watchers.get(directory) === watcher) this.#watchers.delete(directory);
        watcher.close();
      });
      this.#watchers.set(directory, watcher);
    } catch (reason) {
      const error = reason instanceof Error ? reason.message : String(reason);
      this.#deps.logger.debug("a directory is looked at, not watched", { directory, error });
    }
  }

  #hint(): void {
    if (this.#stopped) return;
    const { clock } = this.#deps;
    this.#firstHintMs ??= clock.nowMs();
    const leftMs = this.#firstHintMs + SETTLE_MS_MAX - clock.nowMs();
    this.#cancelSettle();
    this.#cancelSettle = clock.after(Math.max(0, Math.min(SETTLE_MS, leftMs)), () => {
      this.#firstHintMs = undefined;
      this.#looking = this.#looking.then(() => this.#look());
    });
  }

  async #look(): Promise<void> {
    const before = await fingerprintOf(this.#watched);
    if (this.#stopped || before === this.#seen) return;
    this.#seen = before;
    const watched = this.#watched;
    await this.#deps.onChange();
    // Other files are read now: those have not been seen before. Else what came meanwhile counts.
    if (this.#watched !== watched) this.#seen = await fingerprintOf(this.#watched);
    if ((await fingerprintOf(watched)) !== before) {
      this.#seen = undefined;
      this.#hint();
    }
  }

  #poll(): void {
    if (this.#stopped) return;
    // What did not exist, or was replaced, may be there by now.
    for (const directory of this.#namesIn.keys()) this.#watchDirectory(directory);
    const delayMs = this.#watchers.size < this.#namesIn.size ? POLL_MS_ALONE : POLL_MS;
    this.#cancelPoll = this.#deps.clock.after(delayMs, () => {
      void fingerprintOf(this.#watched).then((now) => {
        if (now !== this.#seen) this.#hint();
        this.#poll();
      });
    });
  }
}

/** Differs when a file was written, replaced, made or removed. Never rejects. */
async function fingerprintOf({ files, directories }: Watched): Promise<string> {
  const parts: string[] = [];
  for (let at = 0; at < files.length; at += STATS_AT_ONCE) {
    parts.push(...(await Promise.all(files.slice(at, at + STATS_AT_ONCE).map(statPart))));
  }
  for (const directory of directories) {
    parts.push((await readdir(directory).catch(() => ["-"])).sort().join("/"));
  }
  return parts.join("\n");
}

async function statPart(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(file, { bigint: true });
    return `${dev}:${ino}:${size}:${mtimeNs}`;
  } catch {
    return "-";
  }
}
