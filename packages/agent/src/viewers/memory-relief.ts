import type { Cancel, Clock, Logger } from "@confed/kernel";
import type { MemoryUse } from "./cgroup-memory.ts";

/** Somebody for whom memory is held that can be had back. */
export interface Relievable {
  /** What waits for it to be read. */
  readonly backlogBytes: number;
  /** Let go of it: whoever reads it comes back and sees it from the log. */
  relieve(): void;
}

export interface MemoryReliefDeps {
  readonly timers: Pick<Clock, "after">;
  readonly logger: Logger;
  /** Undefined: nothing limits it. */
  readonly memory: () => MemoryUse | undefined;
}

/** How often memory is looked at while anybody is attached: a few small files of /proc and /sys. */
const LOOK_EVERY_MS = 500;
/**
 * Of the limit. The rest is for what consoles and logs need until the next look, and until the garbage
 * of what was let go is collected: with 0.85 a busy host ended the process in between.
 */
const RELIEF_FROM = 0.75;
/** What every healthy viewer has waiting now and then is not worth its session. */
const BACKLOG_BYTES_MIN = 128 * 1024;

/**
 * Gives up what waits for viewers before the host's memory limit ends the process: console reading
 * and logs are what it is for, and viewers can come back. Does nothing while nobody is attached.
 *
 * There is nothing else to give up: an agent keeps no scroll-back (history is read from the log, page by
 * page, by a process of its own) and no windows for patterns. Whoever adds such a cache adds it here,
 * behind the viewers.
 */
export class MemoryRelief {
  readonly #deps: MemoryReliefDeps;
  readonly #holders = new Set<Relievable>();
  #cancel: Cancel | undefined;

  constructor(deps: MemoryReliefDeps) {
    this.#deps = deps;
  }

  add(holder: Relievable): void {
    this.#holders.add(holder);
    if (this.#cancel === undefined) this.#arm();
  }

  remove(holder: Relievable): void {
    this.#holders.delete(holder);
    if (this.#holders.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(): void {
    this.#cancel = this.#deps.timers.after(LOOK_EVERY_MS, () => {
      this.#arm();
      this.#look();
    });
  }

  #look(): void {
    const use = this.#deps.memory();
    if (use === undefined || use.usedBytes < RELIEF_FROM * use.limitBytes) return;
    const relieved = [...this.#holders].filter(({ backlogBytes }) => backlogBytes > BACKLOG_BYTES_MIN);
    if (relieved.length === 0) return;
    const backlogBytes = relieved.reduce((sum, holder) => sum + holder.backlogBytes, 0);
    this.#deps.logger.warn("memory is short: viewers that do not read are let go", {
      ...{ viewers: relieved.length, backlogBytes, usedBytes: use.usedBytes, limitBytes: use.limitBytes },
    });
    for (const holder of relieved) holder.relieve();
  }
}
