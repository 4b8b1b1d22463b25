import type { Clock } from "@confed/kernel";
import type { Position } from "./writer/positions-file.ts";

interface Waiting {
  readonly name: string;
  readonly resolve: (position: Position | undefined) => void;
}

/** Who waits for logs to be closed: for the position of one, or for all. */
export class LogCloses {
  readonly #waiting = new Map<number, Waiting>();
  #all: { readonly numbers: Set<number>; readonly resolve: () => void } | undefined;

  /** Resolves with the position once it is durable; undefined: it could not be closed as it should be. */
  wait(number: number, name: string): Promise<Position | undefined> {
    return new Promise((resolve) => this.#waiting.set(number, { name, resolve }));
  }

  /** Resolves when all of these are closed, or nobody answers any more; with false after its time. One at a time. */
  all(
    wanted: Iterable<number>,
    { clock, timeoutMs }: { readonly clock: Pick<Clock, "after">; readonly timeoutMs: number },
  ): Promise<boolean> {
    const numbers = new Set(wanted);
    if (numbers.size === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const cancel = clock.after(timeoutMs, () => {
        resolve(false);
      });
      this.#all = {
        numbers,
        resolve: () => {
          cancel();
          resolve(true);
        },
      };
    });
  }

  closed(numbers: readonly number[], positions: readonly Position[]): void {
    for (const number of numbers) this.#all?.numbers.delete(number);
    if (this.#all?.numbers.size === 0) this.#endAll();
    if (this.#waiting.size === 0) return;
    const byName = new Map(positions.map((position) => [position.name, position]));
    for (const number of numbers) {
      const waiting = this.#waiting.get(number);
      this.#waiting.delete(number);
      waiting?.resolve(byName.get(waiting.name));
    }
  }

  /** Nobody answers any more. */
  giveUp(): void {
    for (const { resolve } of this.#waiting.values()) resolve(undefined);
    this.#waiting.clear();
    this.#endAll();
  }

  #endAll(): void {
    this.#all?.resolve();
    this.#all = undefined;
  }
}
