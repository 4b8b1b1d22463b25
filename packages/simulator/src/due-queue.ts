import { type Cancel, type Clock, systemClock } from "@confed/kernel";

interface Due {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/**
 * Runs callbacks in order of their due time from ONE timer of the clock, however many wait: the
 * scripts of 10,000 consoles are 10,000 entries of a heap and no timers. Equal times run in the order
 * they were asked for. Nothing runs early; nothing is armed while nothing waits.
 */
export class DueQueue {
  readonly #clock: Clock;
  readonly #heap: Due[] = [];
  #order = 0;
  #cancelTimer: Cancel | undefined;
  #armedForMs = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Run once at `atMs` of the clock's `nowMs`, or as soon after as the loop allows. */
  at(atMs: number, run: () => void): Cancel {
    if (this.#closed) return () => undefined;
    const due: Due = { atMs, order: this.#order, run };
    this.#order += 1;
    push(this.#heap, due);
    this.#arm();
    return () => {
      due.run = undefined; // Stays in the heap until its time; scripts are short.
    };
  }

  after(delayMs: number, run: () => void): Cancel {
    return this.at(this.#clock.nowMs() + delayMs, run);
  }

  /** Forget everything that waits. */
  close(): void {
    this.#closed = true;
    this.#heap.length = 0;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.atMs >= this.#armedForMs) return;
    this.#cancelTimer?.();
    this.#armedForMs = first.atMs;
    // Rounded up: Node cuts the fraction off and would wake a millisecond early for nothing.
    const delayMs = Math.max(1, Math.ceil(first.atMs - this.#clock.nowMs()));
    this.#cancelTimer = this.#clock.after(delayMs, () => {
      this.#runDue();
    });
  }

  #runDue(): void {
    this.#cancelTimer = undefined;
    this.#armedForMs = Number.POSITIVE_INFINITY;
    // One look at the clock: what becomes due meanwhile waits for the next turn of the loop, so
    // that sockets get theirs.
    const nowMs = this.#clock.nowMs();
    const orderEnd = this.#order;
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= nowMs; first = this.#heap[0]) {
      if (first.order >= orderEnd) break; // Asked for just now, already late: next turn.
      pop(this.#heap);
      first.run?.();
    }
    this.#arm();
  }
}

// A binary heap by (atMs, order).

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function push(heap: Due[], due: Due): void {
  let at = heap.length;
  heap.push(due);
  while (at > 0) {
    const parentAt = (at - 1) >> 1;
    const parent = heap[parentAt];
    if (parent === undefined || !isBefore(due, parent)) break;
    heap[at] = parent;
    at = parentAt;
  }
  heap[at] = due;
}

function pop(heap: Due[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let childAt = 2 * at + 1;
    let child = heap[childAt];
    if (child === undefined) break;
    const right = heap[childAt + 1];
    if (right !== undefined && isBefore(right, child)) {
      child = right;
      childAt += 1;
    }
    if (!isBefore(child, last)) break;
    heap[at] = child;
    at = childAt;
  }
  heap[at] = last;
}
