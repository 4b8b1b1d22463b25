import type { Clock } from "@confed/kernel";
import type { BmcFaults } from "./bmc-faults.ts";

/** How long a datagram is held back that comes behind its successor. */
const BEHIND_MS = 5;

export interface DatagramChaosOptions {
  readonly faults: BmcFaults;
  readonly timers: Pick<Clock, "after">;
  /** The same seed meets the same fate. */
  readonly seed: number;
}

/** One direction of a bad network: what passes gets lost, doubled and swapped, as the faults say at that moment. */
export class DatagramChaos {
  readonly #options: DatagramChaosOptions;
  #state: number;

  constructor(options: DatagramChaosOptions) {
    this.#options = options;
    this.#state = options.seed * 2 + 1;
  }

  /** Runs `pass` never, once or twice; now or a little later. */
  through(pass: () => void): void {
    const { faults, timers } = this.#options;
    if (this.#chance(faults.lossRatio)) return;
    if (this.#chance(faults.duplicateRatio)) pass();
    if (this.#chance(faults.reorderRatio)) timers.after(BEHIND_MS, pass);
    else pass();
  }

  #chance(ratio: number): boolean {
    if (ratio === 0) return false;
    // Lehmer's generator, with Park and Miller's numbers.
    this.#state = (this.#state * 48_271) % 0x7fff_ffff;
    return this.#state / 0x7fff_ffff < ratio;
  }
}
