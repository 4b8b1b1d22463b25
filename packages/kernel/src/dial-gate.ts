import type { Clock } from "./clock.ts";

/** Who wants to dial. */
export interface Dial<T> {
  /** Aborted while waiting: the place is given up and `through` rejects. */
  readonly signal: AbortSignal;
  /** True: let in before all that are not: somebody waits for it, or it has not failed just now. */
  readonly first: boolean;
  readonly dial: () => Promise<T>;
}

/**
 * So many dials at a time: after a power cut every console wants to connect at once, and TLS, ssh
 * and IPMI handshakes are heavy on both sides. First come, first served, in each of two classes.
 *
 * A place is held for a second at most: what has not answered by then is dead, or waits for a name
 * server, and costs nothing but its waiting. A rack without power must not keep the others out.
 */
export class DialGate {
  readonly #first = new Set<() => void>();
  readonly #others = new Set<() => void>();
  readonly #timers: Pick<Clock, "after">;
  #free: number;
  #held = false;

  constructor(countMax: number, timers: Pick<Clock, "after">) {
    this.#free = countMax;
    this.#timers = timers;
  }

  /** Dial when there is room. Rejects as the dial does, or with the reason of the signal. */
  async through<T>({ signal, first, dial }: Dial<T>): Promise<T> {
    await this.#enter(signal, first ? this.#first : this.#others);
    let inside = true;
    const leave = () => {
      if (inside) this.#leave();
      inside = false;
    };
    const cancel = this.#timers.after(HELD_MS_MAX, leave);
    try {
      return await dial();
    } finally {
      cancel();
      leave();
    }
  }

  /** Nobody is let in until `letGo`: another process is to dial. */
  hold(): void {
    this.#held = true;
  }

  letGo(): void {
    this.#held = false;
    const free = this.#free;
    this.#free = 0;
    for (let place = 0; place < free; place += 1) this.#leave();
  }

  #enter(signal: AbortSignal, waiting: Set<() => void>): Promise<void> {
    if (this.#free > 0 && !this.#held) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = () => {
        waiting.delete(enter);
        reject(signal.reason as Error);
      };
      waiting.add(enter);
      signal.addEventListener("abort", giveUp, { once: true });
      if (signal.aborted) giveUp();
    });
  }

  #leave(): void {
    const waiting = this.#first.size > 0 ? this.#first : this.#others;
    const [next] = waiting;
    if (next === undefined || this.#held) this.#free += 1;
    else {
      waiting.delete(next);
      next();
    }
  }
}

/** Several key exchanges of a busy machine long; a thousand dead hosts are passed in a quarter of a minute. */
const HELD_MS_MAX = 1_000;
