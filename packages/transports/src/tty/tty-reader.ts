import { ReadStream } from "node:tty";
import { LINK_LIMITS } from "../transport.ts";

// All terminals read into the same memory: the bytes are used up during the callback.
const READ_BUFFER = Buffer.allocUnsafeSlow(LINK_LIMITS.readBytesMax);

/** Who is told what a {@link TtyReader} reads. */
export interface TtyListener {
  /** Borrowed bytes: the next read of any terminal overwrites them. */
  onBytes(bytes: Uint8Array): void;
  /** Called at most once: nothing more can be read. No error: the device reported an end of file. */
  onEnded(error: Error | undefined): void;
}

/**
 * Reads a terminal in the event loop, without a thread, as soon as something is there. Starts at
 * once.
 *
 * What it does with the descriptor is libuv's decision (uv_tty_init): a pty's master it takes over
 * and closes; a slave or a serial device it opens once more by name, and the caller's descriptor
 * stays the caller's.
 */
export class TtyReader {
  readonly #stream: ReadStream;
  readonly #released: Promise<void>;
  // The stream's own pause is undone when it follows a resume in the same turn: what resume
  // scheduled starts to read again (Node 20).
  #paused = false;

  constructor(fd: number, listener: TtyListener) {
    // @types/node knows the options of tty.ReadStream only as those of net.Socket's constructor,
    // which has `onread` for `connect` alone; Node accepts it here.
    const options: object = {
      onread: {
        buffer: READ_BUFFER,
        callback: (length: number, buffer: Buffer) => {
          if (!this.#stream.destroyed) listener.onBytes(buffer.subarray(0, length));
          return !this.#paused;
        },
      },
    };
    this.#stream = new ReadStream(fd, options);
    this.#released = new Promise((resolve) => {
      this.#stream.once("close", () => {
        resolve();
      });
    });
    this.#stream.once("end", () => {
      listener.onEnded(undefined);
    });
    this.#stream.on("error", (error) => {
      listener.onEnded(error);
    });
    this.#stream.resume();
  }

  pause(): void {
    this.#paused = true;
    this.#stream.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#stream.destroyed) this.#stream.resume();
  }

  /** Idempotent. Resolves when the descriptor is closed; nothing is reported any more. */
  release(): Promise<void> {
    this.#stream.destroy();
    return this.#released;
  }
}
