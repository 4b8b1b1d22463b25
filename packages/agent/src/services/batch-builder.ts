import { type TailBatch, WIRE_LIMITS } from "@confed/wire";

/**
 * Collects records of many consoles into tail messages of at most a page: one message for
 * thousands of records, because a message costs a hundred times what a record does.
 */
export class BatchBuilder {
  readonly #emit: (batch: TailBatch) => void;
  #consoles: number[] = [];
  #offsets: number[] = [];
  #lengths: number[] = [];
  #data = Buffer.allocUnsafe(WIRE_LIMITS.pageBytesMax);
  #usedBytes = 0;

  constructor(emit: (batch: TailBatch) => void) {
    this.#emit = emit;
  }

  /** Copy a record in; what fills a page is emitted. */
  add(console: number, offset: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; ) {
      const takenBytes = Math.min(bytes.byteLength - at, this.#data.byteLength - this.#usedBytes);
      this.#data.set(bytes.subarray(at, at + takenBytes), this.#usedBytes);
      this.#consoles.push(console);
      this.#offsets.push(offset + at);
      this.#lengths.push(takenBytes);
      this.#usedBytes += takenBytes;
      at += takenBytes;
      if (this.#usedBytes === this.#data.byteLength || this.#consoles.length === RECORDS_MAX) this.flush();
    }
  }

  /** Emit what is there. The message is encoded during the call; the buffer is used again after it. */
  flush(): void {
    if (this.#usedBytes === 0) return;
    this.#emit({
      consoles: this.#consoles,
      offsets: this.#offsets,
      lengths: this.#lengths,
      data: this.#data.subarray(0, this.#usedBytes),
    });
    this.#consoles = [];
    this.#offsets = [];
    this.#lengths = [];
    this.#usedBytes = 0;
  }
}

/** Numbers, offsets and lengths of so many records stay well below a message's bound. */
const RECORDS_MAX = 8_000;
