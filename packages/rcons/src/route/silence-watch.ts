import type { Cancel, Clock } from "@confed/kernel";

const TICK_MS = 1_000;
/**
 * Three heartbeats of 2 s. Counted in ticks, not in time: while this process stands still (a stopped
 * terminal, a suspended laptop) one tick passes, and what has arrived meanwhile is read first.
 */
const SILENT_TICKS_MAX = 6;

/** How long that is, for people. */
export const SILENCE_SPAN = `${(SILENT_TICKS_MAX * TICK_MS) / 1_000} s`;

/** In words, for errors. */
export const SILENCE_TEXT = `said nothing for ${SILENCE_SPAN}`;

/** Notices that a stream with heartbeats is dead. Armed from the start until stopped or silent. */
export class SilenceWatch {
  readonly #clock: Clock;
  readonly #onSilent: () => void;
  #silentTicks = 0;
  #held = false;
  #cancel: Cancel = () => undefined;

  constructor(clock: Clock, onSilent: () => void) {
    this.#clock = clock;
    this.#onSilent = onSilent;
    this.#arm();
  }

  heard(): void {
    this.#silentTicks = 0;
  }

  /** While we do not read, silence is our own. */
  hold(held: boolean): void {
    this.#held = held;
    this.#silentTicks = 0;
  }

  stop(): void {
    this.#cancel();
  }

  #arm(): void {
    this.#cancel = this.#clock.after(TICK_MS, () => {
      if (!this.#held) this.#silentTicks += 1;
      if (this.#silentTicks < SILENT_TICKS_MAX) this.#arm();
      else this.#onSilent();
    });
  }
}
