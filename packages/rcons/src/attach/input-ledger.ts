/** Counts what was typed in one session and what the console's link has taken. */
export class InputLedger {
  #sentBytes = 0;
  #acknowledgedBytes = 0;

  /** Book input about to be sent; returns its offset. */
  send(sizeBytes: number): number {
    const offset = this.#sentBytes;
    this.#sentBytes += sizeBytes;
    return offset;
  }

  /** The agent says that all input before `offset` was given to the link; it may say it twice. */
  acknowledge(offset: number): void {
    // A number from outside: more than was sent cannot be, less than before changes nothing.
    this.#acknowledgedBytes = Math.min(this.#sentBytes, Math.max(this.#acknowledgedBytes, offset));
  }

  /** Sent, and nobody said that it arrived. */
  get openBytes(): number {
    return this.#sentBytes - this.#acknowledgedBytes;
  }
}
