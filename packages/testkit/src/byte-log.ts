/** Bytes as they came, and a way to wait for more of them. */
export class ByteLog {
  #buffer = Buffer.alloc(4_096);
  #length = 0;
  readonly #waiters = new Set<{ readonly length: number; readonly wake: () => void }>();

  get length(): number {
    return this.#length;
  }

  /** Copies. */
  append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#buffer.length) {
      const grown = Buffer.alloc(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = needed;
    for (const waiter of this.#waiters) {
      if (this.#length < waiter.length) continue;
      this.#waiters.delete(waiter);
      waiter.wake();
    }
  }

  /** A view of what is there from `from` on; a later append does not change it. */
  bytes(from = 0): Buffer {
    return this.#buffer.subarray(from, this.#length);
  }

  /** Resolves as soon as at least so many bytes are there. */
  reached(length: number): Promise<void> {
    if (this.#length >= length) return Promise.resolve();
    return new Promise((wake) => {
      this.#waiters.add({ length, wake });
    });
  }
}
