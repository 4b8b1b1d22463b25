import type { Cancel, Clock } from "./clock.ts";
import { invariant } from "./errors.ts";

// HOW AND WHY
//
// An agent owns N consoles (design limit 10,000). Each has a few coarse deadlines armed: idle,
// keep-alive, retry. Most are re-armed on every byte and almost none ever fires.
//
//   slot   0    1    2    3   ...  slotCount-1
//          |    |    |
//          |    |    +-- {dueTick: 2}                   due when the hand gets here
//          |    +------- {dueTick: 1 + 2 * slotCount}   due after two more full turns
//          +-- hand
//
// Arming and cancelling are O(1): a Set insert or delete in one slot. Each tick looks at one slot.
// One real timer drives the wheel, and only while it holds something, so an idle agent does not
// wake up.
//
// Ticks are counted on the clock, not by adding up wake-ups: a timer that is 1 ms late each time
// would make a ten-minute deadline seconds late. After a stall the hand walks through the missed
// ticks in order.
//
// The price is resolution: a deadline fires less than two ticks late (plus what the real timer
// is late), never early. Anything that needs better than that belongs on the Clock itself.

/** How fine and how large a wheel is; a turn lasts `tickMs * slotCount`. */
export interface TimerWheelOptions {
  readonly tickMs?: number;
  /** Best about the usual delay in ticks: a longer one is only passed over once a turn. */
  readonly slotCount?: number;
}

interface Entry {
  readonly dueTick: number;
  readonly run: () => void;
}

/**
 * Many coarse deadlines on one timer. A Clock like the one it runs on, except that `after` is up
 * to two ticks late: inject it where that is good enough.
 *
 * A callback that throws does not keep others from running; the throw leaves through the timer
 * of the clock afterwards, as it would have without a wheel.
 */
export class TimerWheel implements Clock {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #slots: readonly Set<Entry>[];
  readonly #originMs: number;
  /** The last tick whose slot was looked at. */
  #hand = 0;
  #size = 0;
  #cancelTick: Cancel | undefined;

  constructor(clock: Clock, { tickMs = 250, slotCount = 512 }: TimerWheelOptions = {}) {
    invariant(tickMs > 0 && slotCount > 0, "a wheel needs slots and time to pass");
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#slots = Array.from({ length: slotCount }, () => new Set<Entry>());
    this.#originMs = clock.nowMs();
  }

  /** Deadlines armed and not yet fired or cancelled. */
  get size(): number {
    return this.#size;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  wallTimeMs(): number {
    return this.#clock.wallTimeMs();
  }

  /** Run once, never before `delayMs` has passed and less than two ticks after. */
  after(delayMs: number, run: () => void): Cancel {
    invariant(delayMs >= 0 && Number.isFinite(delayMs), `${delayMs} ms is not a delay`);
    // With nothing to pass over, the hand need not walk to the present.
    if (this.#size === 0) this.#hand = Math.max(this.#hand, this.#presentTick());
    const dueMs = this.#clock.nowMs() - this.#originMs + delayMs;
    const entry: Entry = { dueTick: Math.max(this.#hand + 1, Math.ceil(dueMs / this.#tickMs)), run };
    const slot = this.#slotAt(entry.dueTick);
    slot.add(entry);
    this.#size += 1;
    this.#armTick();
    return () => {
      if (!slot.delete(entry)) return;
      this.#size -= 1;
      if (this.#size === 0) this.#disarmTick();
    };
  }

  #armTick(): void {
    if (this.#cancelTick !== undefined || this.#size === 0) return;
    const nextMs = this.#originMs + (this.#hand + 1) * this.#tickMs - this.#clock.nowMs();
    // Whole milliseconds, at least one: a rest of 1e-13 ms would wake us without time passing.
    this.#cancelTick = this.#clock.after(Math.max(1, Math.ceil(nextMs)), () => {
      this.#cancelTick = undefined;
      this.#advance();
    });
  }

  #disarmTick(): void {
    this.#cancelTick?.();
    this.#cancelTick = undefined;
  }

  #advance(): void {
    const failures: unknown[] = [];
    const presentTick = this.#presentTick();
    while (this.#hand < presentTick && this.#size > 0) {
      this.#hand += 1;
      this.#fireSlot(this.#slotAt(this.#hand), failures);
    }
    this.#armTick();
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, "several deadlines failed");
  }

  /** What a callback arms is due at a later tick, so this ends though it may land in the same slot. */
  #fireSlot(slot: Set<Entry>, failures: unknown[]): void {
    for (const entry of slot) {
      if (entry.dueTick > this.#hand) continue;
      slot.delete(entry);
      this.#size -= 1;
      try {
        entry.run();
      } catch (failure) {
        failures.push(failure);
      }
    }
  }

  #presentTick(): number {
    return Math.floor((this.#clock.nowMs() - this.#originMs) / this.#tickMs);
  }

  #slotAt(tick: number): Set<Entry> {
    const slot = this.#slots[tick % this.#slots.length];
    invariant(slot !== undefined, "ticks are whole numbers");
    return slot;
  }
}
