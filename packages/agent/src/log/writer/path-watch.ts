import { statSync } from "node:fs";
import { fileIdOf } from "../log-files.ts";
import { firstTurnMs } from "./first-turn.ts";
import type { LogFolder } from "./log-folder.ts";
import type { OpenFile } from "./open-files.ts";

/** Watches what logrotate and people do to a log at its path. One for each console: two numbers. */
export class PathWatch {
  readonly #path: string;
  readonly #folder: LogFolder;
  // Undefined until then: a number would have a box, in ten thousand idle consoles.
  #lookedMs: number | undefined;
  #changes = 0;

  constructor(path: string, folder: LogFolder) {
    this.#path = path;
    this.#folder = folder;
  }

  /** As if we had watched it all the time. */
  goOn(nowMs: number): void {
    this.#lookedMs = firstTurnMs(nowMs, LOOK_EVERY_MS);
  }

  /** A name in its folder changed, or nobody has looked for long. */
  isDue(nowMs: number): boolean {
    return (
      this.#lookedMs === undefined ||
      Math.abs(nowMs - this.#lookedMs) >= LOOK_EVERY_MS ||
      this.#folder.changes(nowMs) !== this.#changes
    );
  }

  /** How long the file at the path is; undefined: it is not the one that we have open. */
  look(nowMs: number, { id }: OpenFile): number | undefined {
    this.#lookedMs = this.#lookedMs === undefined ? firstTurnMs(nowMs, LOOK_EVERY_MS) : nowMs;
    this.#changes = this.#folder.changes(nowMs);
    const stat = statSync(this.#path, { throwIfNoEntry: false });
    return stat === undefined || fileIdOf(stat) !== id ? undefined : stat.size;
  }
}

/** What changes no name is found this late: a log that is truncated where it is. */
const LOOK_EVERY_MS = 5_000;
