import type { Cancel, Clock } from "@confed/kernel";

/**
 * What somebody does who was woken: sleep on for a whole cadence, for half of one, be woken again in a
 * moment, or rest no more.
 */
export type Woken = "rests" | "often" | "soon" | "awake";

/** Somebody who rests and is woken every {@link CADENCE_MS}. */
export interface Resting {
  /** Spreads those who rest over the cadence: any whole number that differs from console to console. */
  readonly number: number;
  /** For the cadence alone: it has an entry of this one. */
  listed: boolean;
  /** False: does not rest any more. */
  readonly resting: boolean;
  wake(): Woken;
}

// HOW AND WHY
//
// Reading every line as it comes costs a wake-up, a poll, a read and a write per line, whoever
// watches. A console that nobody watches is therefore read at most every 360 ms: its link is paused,
// the kernel gathers what comes meanwhile (a serial line brings 4 KB in that time, a socket holds
// 100), and its turn comes with the clock. What a turn has read goes to the log writer when the turn
// ends. So a byte is in its log within 400 ms, and all of that time is spent on gathering: a shorter
// cadence with a wait for the next batch behind it made as late logs from a quarter more reads and
// writes.
//
// All who rest are spread over twelve slots, by their numbers. A turn takes three slots, two or one,
// as many as have at most 1,400 reads: of 1,000 consoles 250 are read every 90 ms, of 8,000 1,333 every
// 60 ms, and nobody else waits for more than that. Fewer turns are cheaper, and the same number for any
// fleet makes a large one cheaper than several small: waking this process and the log writer costs what
// a hundred reads. Who sends more than a serial line can is read every 180 ms: a thousand of them have
// 50 MB on the way in 360 ms, and a sender whose memory is in no cache any more takes a tenth longer.
//
// In steady state a console costs one read every 360 ms and nothing else: its entry
// stays where it is, and the event loop's poll does not know its socket (pausing and resuming would
// cost two epoll_ctl and a wake-up per read, which is more than the read). One timer for all, armed
// only while somebody rests; an idle agent does not wake up.

/** How long an unwatched console may rest. Seen in the log as delay, so a watched one never does. */
export const CADENCE_MS = 360;

const SLOTS = 12;
const SLOT_MS = CADENCE_MS / SLOTS;

/** Divisors: with any other number of slots a turn, one console would wait longer than the next. */
const TOGETHER = [3, 2, 1] as const;

/** Reads of one turn, where slots are taken together: 20 ms in which nobody else is served. */
const TURN_READS = 1_400;

/** What a cadence asks of the log. */
export interface CadenceLog {
  /** True: memory is full of what was read, and waits for the disk. Nobody's turn comes. */
  readonly crowded: boolean;
  /** A turn is over: what it read need not wait for more. */
  flush(): void;
}

/** Wakes everybody who rests once every {@link CADENCE_MS}, each in a slot of its own. */
export class Cadence {
  readonly #clock: Pick<Clock, "after" | "nowMs">;
  readonly #log: CadenceLog;
  readonly #slots: Resting[][] = Array.from({ length: SLOTS }, () => []);
  /** The slot whose turn was last, and when that was due. */
  #hand = 0;
  #handMs = 0;
  /** Slots of the turn that the timer is armed for. */
  #ahead = 0;
  #restingCount = 0;
  #cancel: Cancel | undefined;

  constructor(clock: Pick<Clock, "after" | "nowMs">, log: CadenceLog) {
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
    if (this.#cancel === undefined) this.#handMs = this.#clock.nowMs();
    else if (this.#slotsTogether >= this.#ahead) return;
    this.#arm(this.#slotsTogether);
  }

  /** Somebody woke up by itself; its entry goes when its turn comes. */
  forget(): void {
    this.#restingCount -= 1;
    if (this.#restingCount === 0) this.#disarm();
  }

  get #slotsTogether(): number {
    const most = (TURN_READS * SLOTS) / this.#restingCount;
    return TOGETHER.find((slots) => slots <= most) ?? 1;
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(slots: number): void {
    this.#disarm();
    this.#ahead = slots;
    const dueMs = this.#handMs + slots * SLOT_MS;
    const nowMs = this.#clock.nowMs();
    this.#cancel = this.#clock.after(Math.max(0, dueMs - nowMs), () => {
      this.#cancel = undefined;
      // By the time when it was due, or turns that take long would stretch the cadence; a process that
      // cannot keep it still serves others in between.
      this.#handMs = Math.max(dueMs, this.#clock.nowMs() - SLOT_MS / 2);
      const moreSoon = !this.#log.crowded && this.#turn(slots);
      if (this.#restingCount > 0) this.#arm(moreSoon ? 1 : this.#slotsTogether);
    });
  }

  // Whose link has more is read again soon, but not in the same turn: others wait.
  #turn(slots: number): boolean {
    const soon: Resting[] = [];
    for (let taken = 0; taken < slots; taken += 1) {
      this.#hand = (this.#hand + 1) % SLOTS;
      this.#wakeSlot(this.#slots[this.#hand] ?? [], soon);
    }
    for (const resting of soon) this.#slots[(this.#hand + 1) % SLOTS]?.push(resting);
    this.#log.flush();
    return soon.length > 0;
  }

  #wakeSlot(slot: Resting[], soon: Resting[]): void {
    let kept = 0;
    for (const resting of slot) {
      const does = resting.resting ? resting.wake() : "awake";
      if (does === "rests") slot[kept++] = resting;
      else if (does === "often") this.#slots[(this.#hand + SLOTS / 2) % SLOTS]?.push(resting);
      else if (does === "soon") soon.push(resting);
      else resting.listed = false;
    }
    slot.length = kept;
  }
}
