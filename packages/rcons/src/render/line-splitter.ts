const LINE_FEED = 0x0a;

/** A program that prints no line feed for so long gets its lines cut. */
const LINE_BYTES_MAX = 8 * 1024;

/** Cuts output into lines, however it arrives. Holds at most one line, bounded. */
export class LineSplitter {
  #held: Uint8Array = new Uint8Array();

  /** A line that has not ended yet. Valid until the next call. */
  get held(): Uint8Array {
    return this.#held;
  }

  get heldBytes(): number {
    return this.#held.length;
  }

  /** Calls `onLine` for each line that is complete now, without its line feed. */
  push(data: Uint8Array, onLine: (line: Uint8Array) => void): void {
    let from = 0;
    while (from < data.length) {
      const end = data.indexOf(LINE_FEED, from);
      const piece = data.subarray(from, end === -1 ? data.length : end);
      const line = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
      this.#held = new Uint8Array();
      if (end !== -1) onLine(line);
      else if (line.length >= LINE_BYTES_MAX) onLine(line);
      // A copy: what was pushed is the caller's.
      else this.#held = Uint8Array.from(line);
      from = end === -1 ? data.length : end + 1;
    }
  }

  /** The line that has begun, as if it had ended; empty if there is none. */
  flush(): Uint8Array {
    const line = this.#held;
    this.#held = new Uint8Array();
    return line;
  }
}
