import type { Position } from "./writer/positions-file.ts";

interface Waiting {
  readonly name: string;
  readonly resolve: (position: Position | undefined) => void;
}

/** Who waits for the position at which the log of a console was closed. */
export class LogCloses {
  readonly #waiting = new Map<number, Waiting>();

  /** Resolves with the position once it is durable; undefined: it could not be closed as it should be. */
  wait(number: number, name: string): Promise<Position | undefined> {
    return new Promise((resolve) => this.#waiting.set(number, { name, resolve }));
  }

  closed(numbers: Iterable<number>, positions: readonly Position[]): void {
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
  }
}
