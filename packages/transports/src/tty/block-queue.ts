// Large enough that a full backlog is few blocks, small enough for a console that is typed at.
const BLOCK_BYTES = 16 * 1024;

interface Block {
  readonly bytes: Buffer;
  start: number;
  end: number;
}

/**
 * Bytes first in, first out. Copies what it is given into blocks of its own, so that a million
 * keystrokes do not become a million buffers. Has no bound: its owner does.
 */
export class BlockQueue {
  readonly #blocks: Block[] = [];
  #sizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  push(bytes: Uint8Array): void {
    this.#sizeBytes += bytes.length;
    for (let offset = 0; offset < bytes.length; ) {
      const tail = this.#tailWithRoom();
      const piece = bytes.subarray(offset, offset + tail.bytes.length - tail.end);
      tail.bytes.set(piece, tail.end);
      tail.end += piece.length;
      offset += piece.length;
    }
  }

  /** The oldest bytes, as many as lie together; borrowed until the next call. Empty if none. */
  peek(): Uint8Array {
    const head = this.#blocks[0];
    return head === undefined ? new Uint8Array(0) : head.bytes.subarray(head.start, head.end);
  }

  /** Forget the oldest `length` bytes: at most what `peek` returned. */
  shift(length: number): void {
    const head = this.#blocks[0];
    if (head === undefined) return;
    head.start += length;
    this.#sizeBytes -= length;
    if (head.start === head.end) this.#blocks.shift();
  }

  clear(): void {
    this.#blocks.length = 0;
    this.#sizeBytes = 0;
  }

  #tailWithRoom(): Block {
    const tail = this.#blocks.at(-1);
    if (tail !== undefined && tail.end < tail.bytes.length) return tail;
    const fresh = { bytes: Buffer.allocUnsafeSlow(BLOCK_BYTES), start: 0, end: 0 };
    this.#blocks.push(fresh);
    return fresh;
  }
}
