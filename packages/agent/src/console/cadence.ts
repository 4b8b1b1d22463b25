import type { Cancel, Clock } from "@confed/kernel";

/** Somebody who rests until the next sweep. */
export interface Resting {
  wake(): void;
}

// HOW AND WHY
//
// Reading every line as it comes costs a wake-up, a read and a write per line, whoever watches.
// A console that nobody watches is therefore read at most every 250 ms: after a read its link is
// paused, the kernel gathers what comes meanwhile (a serial line brings 3 KB in that time, a socket
// holds 100), and one sweep wakes all that rest. One timer for all of them, armed only while
// somebody rests; an idle agent does not wake up.

/** How long an unwatched console may rest. Seen in the log as delay, so a watched one never does. */
export const CADENCE_MS = 250;

/** Wakes everybody who rests, together, every {@link CADENCE_MS}. */
export class Cadence {
  readonly #clock: Pick<Clock, "after">;
  readonly #resting = new Set<Resting>();
  #cancel: Cancel | undefined;

  constructor(clock: Pick<Clock, "after">) {
    this.#clock = clock;
  }

  rest(resting: Resting): void {
    this.#resting.add(resting);
    this.#cancel ??= this.#clock.after(CADENCE_MS, () => {
      this.#sweep();
    });
  }

  /** Somebody woke up by itself. */
  forget(resting: Resting): void {
    this.#resting.delete(resting);
    if (this.#resting.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #sweep(): void {
    this.#cancel = undefined;
    const woken = [...this.#resting];
    this.#resting.clear();
    for (const resting of woken) resting.wake();
  }
}
