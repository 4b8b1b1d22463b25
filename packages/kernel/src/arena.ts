import { invariant } from "./errors.ts";

// HOW AND WHY
//
// All consoles of a shard append what they print to one shared arena, one record a read:
//
//   | number u32 | length u32 | offset f64 | bytes ... | number u32 | ...
//   ^ 0                                               ^ next record            ^ usedBytes
//
// little endian, without padding. The arena's bytes ARE the message to the log writer: no copy
// and no allocation between a socket's read and the writer's pipe. Ranges [a, b) between record
// borders are handed out while later records are still being appended behind b.
//
// Whoever was given a range holds the arena and releases it when done. Only an arena that is full
// and that nobody holds goes back to the pool: reusing one earlier would put overwritten bytes on
// a wire (law 8).

/** Bytes before the data of each record. */
export const RECORD_HEADER_BYTES = 16;

/** One console's output in an arena. `bytes` is a view: valid while the arena is held. */
export type RecordVisitor = (consoleNumber: number, offset: number, bytes: Uint8Array) => void;

/** Append-only block of output records. Made by an {@link ArenaPool}. */
export class Arena {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #onFree: (arena: Arena) => void;
  #usedBytes = 0;
  #holders = 0;
  #sealed = false;

  constructor(capacityBytes: number, onFree: (arena: Arena) => void) {
    this.bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.bytes.buffer);
    this.#onFree = onFree;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Copy one record in. False, and nothing changed, when it does not fit. Costs one memcpy. */
  append(consoleNumber: number, offset: number, bytes: Uint8Array): boolean {
    invariant(!this.#sealed, "a sealed arena takes nothing");
    const at = this.#usedBytes;
    const end = at + RECORD_HEADER_BYTES + bytes.byteLength;
    if (end > this.bytes.byteLength) return false;
    this.#view.setUint32(at, consoleNumber, true);
    this.#view.setUint32(at + 4, bytes.byteLength, true);
    this.#view.setFloat64(at + 8, offset, true);
    this.bytes.set(bytes, at + RECORD_HEADER_BYTES);
    this.#usedBytes = end;
    return true;
  }

  /** Nothing more will be appended; the arena goes back to its pool once nobody holds it. */
  seal(): void {
    this.#sealed = true;
    this.#freeIfDone();
  }

  hold(): void {
    this.#holders += 1;
  }

  release(): void {
    invariant(this.#holders > 0, "an arena is released as often as it was held");
    this.#holders -= 1;
    this.#freeIfDone();
  }

  /** Called by the pool when the arena is given out again. */
  reset(): void {
    this.#usedBytes = 0;
    this.#sealed = false;
  }

  #freeIfDone(): void {
    if (this.#sealed && this.#holders === 0) this.#onFree(this);
  }
}

/** Walk the records of `bytes`, which begins and ends at record borders. */
export function visitRecords(bytes: Uint8Array, visit: RecordVisitor): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < bytes.byteLength) {
    const lengthBytes = view.getUint32(at + 4, true);
    const dataAt = at + RECORD_HEADER_BYTES;
    visit(
      view.getUint32(at, true),
      view.getFloat64(at + 8, true),
      bytes.subarray(dataAt, dataAt + lengthBytes),
    );
    at = dataAt + lengthBytes;
  }
}

/** Gives out arenas, never more than `countMax` at a time, and reuses those that come back. */
export class ArenaPool {
  readonly #capacityBytes: number;
  readonly #countMax: number;
  readonly #free: Arena[] = [];
  #outCount = 0;

  constructor({ capacityBytes, countMax }: { readonly capacityBytes: number; readonly countMax: number }) {
    this.#capacityBytes = capacityBytes;
    this.#countMax = countMax;
  }

  /** Arenas given out and not back. */
  get outCount(): number {
    return this.#outCount;
  }

  /** An empty arena, or undefined when all are out: the caller's bytes become a gap. */
  take(): Arena | undefined {
    if (this.#outCount >= this.#countMax) return undefined;
    const arena = this.#free.pop() ?? new Arena(this.#capacityBytes, (freed) => this.#takeBack(freed));
    arena.reset();
    this.#outCount += 1;
    return arena;
  }

  #takeBack(arena: Arena): void {
    this.#outCount -= 1;
    // A few are kept warm; after a stalled disk healed, the rest is given back to the system.
    if (this.#free.length < WARM_COUNT) this.#free.push(arena);
  }
}

const WARM_COUNT = 4;
