import { invariant } from "./errors.ts";

/**
 * A chunk costs about 100 bytes of memory whatever it holds, so a bound in bytes alone would let a
 * megabyte of single bytes take a hundred. Above this many chunks they must average at least
 * `CHUNK_BYTES_MIN`.
 */
const SMALL_CHUNKS_MAX = 1_024;
const CHUNK_BYTES_MIN = 64;

/**
 * Byte chunks in order, never more than `bytesMax`. What happens to the bytes that do not fit is
 * the caller's policy: `push` only says so.
 */
export class BoundedQueue {
  readonly bytesMax: number;
  readonly #chunksMax: number;
  #chunks: Uint8Array[] = [];
  /** Index of the oldest chunk; those before it are gone. */
  #first = 0;
  #sizeBytes = 0;

  constructor(bytesMax: number) {
    invariant(bytesMax > 0, "a queue holds something");
    this.bytesMax = bytesMax;
    this.#chunksMax = Math.max(SMALL_CHUNKS_MAX, Math.ceil(bytesMax / CHUNK_BYTES_MIN));
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * Append `chunk`, which belongs to the queue from then on. False when it would exceed the
   * bound: nothing was taken.
   */
  push(chunk: Uint8Array): boolean {
    if (this.#sizeBytes + chunk.length > this.bytesMax) return false;
    if (chunk.length === 0) return true;
    if (this.#chunks.length - this.#first >= this.#chunksMax) return false;
    this.#chunks.push(chunk);
    this.#sizeBytes += chunk.length;
    return true;
  }

  /** The oldest chunk, now the caller's; undefined when there is none. */
  shift(): Uint8Array | undefined {
    const chunk = this.#chunks[this.#first];
    if (chunk === undefined) return undefined;
    this.#first += 1;
    this.#sizeBytes -= chunk.length;
    // Array.shift moves every element; moving half of them now and then costs the same in total as
    // pushing them did, and lets go of what was taken.
    if (this.#first * 2 >= this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    }
    return chunk;
  }

  /** Forget everything. Returns how many bytes that were, for whoever accounts for the loss. */
  clear(): number {
    const lostBytes = this.#sizeBytes;
    this.#chunks = [];
    this.#first = 0;
    this.#sizeBytes = 0;
    return lostBytes;
  }
}
