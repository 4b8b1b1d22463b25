import { statSync } from "node:fs";
import { MARK_EVERY_MS } from "@confed/codecs";

/**
 * A folder with logs: whether a name in it changed is asked once a second for all of them. Who
 * renames, removes or copies a log changes it; who only truncates one does not.
 */
export class LogFolder {
  readonly #path: string;
  #askedMs = Number.NEGATIVE_INFINITY;
  #changedNs: bigint | undefined;
  #changes = 0;
  #changedLast = false;

  /** With a time, what changed until then does not count. */
  constructor(path: string, fromMs?: number) {
    this.#path = path;
    if (fromMs === undefined) return;
    this.#askedMs = fromMs;
    this.#changedNs = this.#changeNs;
  }

  /** Grows when something changed. Costs one statx a second, whatever the number of logs. */
  changes(nowMs: number): number {
    if (Math.abs(nowMs - this.#askedMs) < MARK_EVERY_MS) return this.#changes;
    this.#askedMs = nowMs;
    const changedNs = this.#changeNs;
    const changed = changedNs === undefined || changedNs !== this.#changedNs;
    // Once more after every change: a second one in the same tick of the file system looks like none.
    if (changed || this.#changedLast) this.#changes += 1;
    this.#changedLast = changed;
    this.#changedNs = changedNs;
    return this.#changes;
  }

  get #changeNs(): bigint | undefined {
    return statSync(this.#path, { bigint: true, throwIfNoEntry: false })?.mtimeNs;
  }
}
