/**
 * At most so many handshakes at a time: after a power cut every console wants to connect at once,
 * and TLS, ssh and IPMI handshakes are heavy on both sides. First come, first served.
 */
export class DialGate {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(countMax: number) {
    this.#free = countMax;
  }

  /** Run `dial` when there is room. An aborted signal while waiting gives the place up and rejects. */
  async through<T>(signal: AbortSignal, dial: () => Promise<T>): Promise<T> {
    await this.#enter(signal);
    try {
      return await dial();
    } finally {
      this.#leave();
    }
  }

  #enter(signal: AbortSignal): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(enter);
        reject(signal.reason as Error);
      };
      this.#waiting.add(enter);
      signal.addEventListener("abort", giveUp, { once: true });
      if (signal.aborted) giveUp();
    });
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free += 1;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
