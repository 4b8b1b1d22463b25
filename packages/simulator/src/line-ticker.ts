import type { Cancel, Clock } from "@confed/kernel";
import type { DueQueue } from "./due-queue.ts";

// HOW AND WHY
//
// N consoles print R lines a second each. Their due times are spread evenly, so the rack as a whole
// has one due time every 1000/(R*N) ms, and who is due follows from counting:
//
//     slot      0    1    2   ...  N-1   N    N+1
//     console   0    1    2   ...  N-1   0    1
//     due       start + slot * slotMs
//
// No timer, no entry and no comparison per console: the cost of a line is its write, measured at
// about 3 us of JavaScript and 6 us of the kernel. One process therefore ends below 100,000 lines a
// second; beyond that, several racks at several base addresses. One entry of the DueQueue wakes the
// ticker, which then does every slot that has come due.

/** Slots done in one turn; about 20 ms of writes. Then the sockets get their turn. */
const SLOTS_PER_TURN_MAX = 2000;

/**
 * Behind by more than this (a stopped process, a suspended laptop), slots are left out instead of
 * caught up: no real console prints an hour in a burst.
 */
const CATCH_UP_MS_MAX = 5000;

export interface LineTickerOptions {
  readonly clock: Clock;
  readonly queue: DueQueue;
  readonly consoles: number;
  readonly linesPerSecond: number;
  /** Called for each slot in order of due time. */
  readonly onDue: (consoleIndex: number, dueMs: number) => void;
  /** This many slots were left out. */
  readonly onLeftOut: (slots: number) => void;
}

/** Says which console is due when. Idle until `start`; after `stop` it starts afresh. */
export class LineTicker {
  readonly #options: LineTickerOptions;
  readonly #slotMs: number;
  #startMs = 0;
  #slot = 0;
  #cancel: Cancel | undefined;

  constructor(options: LineTickerOptions) {
    this.#options = options;
    this.#slotMs = 1000 / (options.linesPerSecond * options.consoles);
  }

  /** Does nothing while it runs already, or at a rate of 0. */
  start(): void {
    if (this.#cancel !== undefined || this.#options.linesPerSecond === 0) return;
    this.#startMs = this.#options.clock.nowMs() + this.#slotMs;
    this.#slot = 0;
    this.#arm();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #dueMs(): number {
    return this.#startMs + this.#slot * this.#slotMs;
  }

  #arm(): void {
    this.#cancel = this.#options.queue.at(this.#dueMs(), () => {
      this.#turn();
    });
  }

  #turn(): void {
    const { clock, consoles, onDue, onLeftOut } = this.#options;
    const nowMs = clock.nowMs();
    const behindMs = nowMs - this.#dueMs();
    if (behindMs > CATCH_UP_MS_MAX) {
      const slots = Math.floor(behindMs / this.#slotMs);
      this.#slot += slots;
      onLeftOut(slots);
    }
    const slotEnd = this.#slot + SLOTS_PER_TURN_MAX;
    for (let dueMs = this.#dueMs(); dueMs <= nowMs && this.#slot < slotEnd; dueMs = this.#dueMs()) {
      onDue(this.#slot % consoles, dueMs);
      this.#slot += 1;
    }
    // Stopped by what `onDue` caused: stay stopped.
    if (this.#cancel !== undefined) this.#arm();
  }
}
