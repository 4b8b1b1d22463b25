import type { Cancel, Clock } from "@confed/kernel";

/** How a supervisor finds out that a shard lives and does nothing any more. */
export interface PulseBound {
  readonly everyMs: number;
  /** So many in a row that are not answered are the end of it. */
  readonly unansweredMax: number;
}

/** A beginning or a hand-over keeps a shard's loop busy for a second or two, never for this long. */
export const PULSE_BOUND: PulseBound = { everyMs: 10_000, unansweredMax: 3 };

export interface PulseDeps {
  readonly clock: Pick<Clock, "after">;
  readonly bound: PulseBound;
  readonly ask: () => void;
  /** Called once; nothing is asked any more. */
  readonly onSilent: (silentMs: number) => void;
}

/** A question every so often, and whether it was answered. One timer. */
export class ShardPulse {
  readonly #deps: PulseDeps;
  #unanswered = 0;
  #cancel: Cancel = () => undefined;

  constructor(deps: PulseDeps) {
    this.#deps = deps;
    this.#askSoon();
  }

  answered(): void {
    this.#unanswered = 0;
  }

  /** Final. */
  stop(): void {
    this.#cancel();
  }

  // One timer after the other, each armed when the last has fired: a supervisor that was stopped itself
  // asks again before it judges.
  #askSoon(): void {
    const { clock, bound, ask, onSilent } = this.#deps;
    this.#cancel = clock.after(bound.everyMs, () => {
      if (this.#unanswered >= bound.unansweredMax) {
        onSilent(this.#unanswered * bound.everyMs);
        return;
      }
      this.#unanswered += 1;
      ask();
      this.#askSoon();
    });
  }
}
