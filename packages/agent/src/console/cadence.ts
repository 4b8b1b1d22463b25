import type { Cancel, Clock } from "@confed/kernel";

/** Somebody who rests and is woken every {@link CADENCE_MS}. */
export interface Resting {
  /** Spreads those who rest over the cadence: any whole number that differs from console to console. */
  readonly number: number;
  /** For the cadence alone: it has an entry of this one. */
  listed: boolean;
  /** False: does not rest any more. */
  readonly resting: boolean;
  /** What it does now: sleep on for a whole cadence, be woken again in a moment, or rest no more. */
  wake(): "rests" | "soon" | "awake";
}

// HOW AND WHY
//
// Reading every line as it comes costs a wake-up, a poll, a read and a write per line, whoever
// watches. A console that nobody watches is therefore read at most every 250 ms: its link is paused,
// the kernel gathers what comes meanwhile (a serial line brings 3 KB in that time, a socket holds
// 100), and its turn comes with the clock.
//
// All who rest are spread over ten slots, by their numbers: the hand comes by every 25 ms, so
// that 8,000 consoles are read 800 at a time and nobody else waits for all of them. In steady state
// a console costs one read every 250 ms and nothing else: its entry stays where it is, and the event
// loop's poll does not know its socket (pausing and resuming would cost two epoll_ctl and a wake-up
// per read, which is more than the read). One timer for all, armed only while somebody rests; an
// idle agent does not wake up.

/** How long an unwatched console may rest. Seen in the log as delay, so a watched one never does. */
export const CADENCE_MS = 250;

const SLOTS = 10;
const SLOT_MS = CADENCE_MS / SLOTS;

/** Wakes everybody who rests once every {@link CADENCE_MS}, each in a slot of its own. */
export class Cadence {
  readonly #clock: Pick<Clock, "after">;
  readonly #log: { readonly crowded: boolean };
  readonly #slots: Resting[][] = Array.from({ length: SLOTS }, () => []);
  /** The slot whose turn was last. */
  #hand = 0;
  #restingCount = 0;
  #cancel: Cancel | undefined;

  /** While `crowded` nobody's turn comes: memory is full of what was read, and waits for the disk. */
  constructor(clock: Pick<Clock, "after">, log: { readonly crowded: boolean }) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Its first turn comes within {@link CADENCE_MS}. */
  rest(resting: Resting): void {
    this.#restingCount += 1;
    // It woke by itself a moment ago, and its old entry is still there.
    if (!resting.listed) {
      resting.listed = true;
      this.#slots[resting.number % SLOTS]?.push(resting);
    }
    this.#arm();
  }

  /** Somebody woke up by itself; its entry goes when its turn comes. */
  forget(): void {
    this.#restingCount -= 1;
    if (this.#restingCount > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(): void {
    this.#cancel ??= this.#clock.after(SLOT_MS, () => {
      this.#cancel = undefined;
      this.#turn();
      if (this.#restingCount > 0) this.#arm();
    });
  }

  #turn(): void {
    if (this.#log.crowded) return;
    this.#hand = (this.#hand + 1) % SLOTS;
    const slot = this.#slots[this.#hand];
    const next = this.#slots[(this.#hand + 1) % SLOTS];
    if (slot === undefined || next === undefined) return;
    let kept = 0;
    for (const resting of slot) {
      const does = resting.resting ? resting.wake() : "awake";
      if (does === "rests") slot[kept++] = resting;
      else if (does === "soon") next.push(resting);
      else resting.listed = false;
    }
    slot.length = kept;
  }
}
