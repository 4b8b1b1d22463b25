import type { Cancel, Clock } from "@confed/kernel";

/**
 * HTTP/2 servers end a connection on which many streams are cancelled at once: Node allows a
 * burst of 1,000 and then 33 a second. This many go at once, the rest one by one.
 */
const BURST_MAX = 200;
const REFILL_INTERVAL_MS = 50;

/** Something that can be given up. */
export interface Cancellable {
  pause(): void;
  cancel(): void;
}

/**
 * Gives up streams of one connection, few enough at a time that the connection lives. One that
 * waits for its turn is paused: flow control holds its sender.
 */
export class PacedCancel {
  readonly #clock: Clock;
  readonly #waiting: Cancellable[] = [];
  #spent = 0;
  #cancelRefill: Cancel | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  cancel(stream: Cancellable): void {
    if (this.#spent < BURST_MAX) {
      this.#spent += 1;
      stream.cancel();
    } else {
      stream.pause();
      this.#waiting.push(stream);
    }
    this.#arm();
  }

  /** The connection is gone, and every stream with it. */
  forget(): void {
    this.#cancelRefill?.();
    this.#cancelRefill = undefined;
    this.#waiting.length = 0;
    this.#spent = 0;
  }

  #arm(): void {
    if (this.#spent === 0) return;
    this.#cancelRefill ??= this.#clock.after(REFILL_INTERVAL_MS, () => {
      this.#cancelRefill = undefined;
      const next = this.#waiting.shift();
      if (next === undefined) this.#spent -= 1;
      else next.cancel();
      this.#arm();
    });
  }
}
