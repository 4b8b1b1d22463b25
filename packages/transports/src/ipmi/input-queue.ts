import { LINK_LIMITS } from "../transport.ts";

const FIRST_BYTES = 256;

/**
 * What was typed and is not yet accepted. One buffer, because a SOL packet needs its characters in a
 * row; none while nothing waits, so that an idle console costs nothing.
 */
export class InputQueue {
  #buffer: Buffer | undefined;
  #start = 0;
  #end = 0;

  get sizeBytes(): number {
    return this.#end - this.#start;
  }

  /** Copies. False if it would be more than a link may hold: nothing was taken. */
  append(bytes: Uint8Array): boolean {
    const neededBytes = this.sizeBytes + bytes.length;
    if (neededBytes > LINK_LIMITS.writeBacklogBytesMax) return false;
    if (bytes.length === 0) return true;
    const buffer = this.#withRoomFor(neededBytes);
    buffer.set(bytes, this.#end);
    this.#end += bytes.length;
    return true;
  }

  /** A view of the oldest ones, valid until the next call. */
  peek(count: number): Uint8Array {
    return this.#buffer?.subarray(this.#start, Math.min(this.#end, this.#start + count)) ?? NOTHING;
  }

  drop(count: number): void {
    this.#start += count;
    if (this.#start >= this.#end) this.clear();
  }

  clear(): void {
    this.#buffer = undefined;
    this.#start = 0;
    this.#end = 0;
  }

  /** The buffer, moved to its start or into a larger one if need be. Every byte moves a bounded number of times. */
  #withRoomFor(neededBytes: number): Buffer {
    const old = this.#buffer;
    if (old !== undefined && this.#start + neededBytes <= old.length) return old;
    const fits = old !== undefined && neededBytes * 2 <= old.length;
    const buffer = fits ? old : Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, neededBytes * 2));
    old?.copy(buffer, 0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = buffer;
    return buffer;
  }
}

const NOTHING = new Uint8Array(0);
