import type { Cancel, Clock } from "@confed/kernel";
import { LISTEN_LIMITS } from "./listen-limits.ts";

/**
 * Does what nobody waits for a little at a time, in the order in which it came: ten thousand sockets that are due
 * at once would keep the one who wants something waiting for a second. However many there are, they are done
 * within some seconds. One timer while there is anything to do.
 */
export class Pacer {
  readonly #clock: Pick<Clock, "after">;
  readonly #jobs = new Set<() => void>();
  #cancel: Cancel | undefined;

  constructor(clock: Pick<Clock, "after">) {
    this.#clock = clock;
  }

  later(job: () => void): void {
    this.#jobs.add(job);
    this.#cancel ??= this.#clock.after(LISTEN_LIMITS.paceMs, () => {
      this.#cancel = undefined;
      this.#doSome();
    });
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#jobs.clear();
  }

  #doSome(): void {
    // A share of all: who sends more than is done in time finds more done.
    const count = Math.max(LISTEN_LIMITS.paceCountMin, Math.ceil(this.#jobs.size / PACE_SHARE));
    const due: (() => void)[] = [];
    for (const job of this.#jobs) {
      if (due.length === count) break;
      due.push(job);
    }
    // One that comes back while they are done is behind all others.
    for (const job of due) this.#jobs.delete(job);
    for (const job of due) job();
    const [next] = this.#jobs;
    if (next !== undefined) this.later(next);
  }
}

/** Of what waits, each time. */
const PACE_SHARE = 200;
