import { writeSync } from "node:fs";
import { type Cancel, type Clock, ConfedError, type Logger } from "@confed/kernel";
import { LINK_LIMITS } from "../transport.ts";
import { BlockQueue } from "./block-queue.ts";

/** What a {@link TtyWriter} needs. */
export interface TtyWriterOptions {
  /** Open with O_NONBLOCK; stays the caller's. */
  readonly fd: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The device or program, for the log. */
  readonly where: string;
  /** Called at most once: the device refuses for good. */
  readonly onFailed: (error: ConfedError) => void;
}

/** How often a terminal that takes nothing is asked again, and when we say so. */
export const TTY_WRITE_TIMES = {
  /** First retry. The kernel takes up to 11 KiB at a time: 2 MB/s at this pace. */
  retryDelayMsMin: 5,
  /** The retry doubles up to this: a stuck console costs ten system calls per second. */
  retryDelayMsMax: 100,
  /** No byte taken for so long: XOFF, a lowered CTS, or a program that does not read. */
  stuckMs: 30_000,
} as const;

/**
 * Writes to a terminal without ever blocking: what the kernel does not take at once waits in a
 * bounded queue and is offered again by a timer.
 *
 * A timer, because Node polls no descriptor for writing but its own streams', and those write to a
 * pty's master in blocking mode (uv_tty_init cannot reopen it); node-pty 1.1 retries in every turn
 * of the event loop, which is a whole processor for one program that does not read.
 */
export class TtyWriter {
  readonly #options: TtyWriterOptions;
  readonly #queue = new BlockQueue();
  #retryDelayMs: number = TTY_WRITE_TIMES.retryDelayMsMin;
  #cancelRetry: Cancel | undefined;
  /** When the kernel last took something while more was waiting. */
  #movedAtMs = 0;
  #stuck = false;
  #stopped = false;
  #drainWaiters: (() => void)[] = [];

  constructor(options: TtyWriterOptions) {
    this.#options = options;
  }

  /** As Link.write. */
  write(bytes: Uint8Array): number {
    if (this.#stopped) return 0;
    if (this.#queue.sizeBytes + bytes.length > LINK_LIMITS.writeBacklogBytesMax) return -1;
    const taken = this.#queue.sizeBytes === 0 ? this.#offer(bytes) : 0;
    if (taken < bytes.length) this.#keep(bytes.subarray(taken));
    return this.#queue.sizeBytes;
  }

  /** As Link.drained. */
  drained(): Promise<void> {
    if (this.#queue.sizeBytes === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drainWaiters.push(resolve);
    });
  }

  /** Throw away what waits; no system call on the descriptor happens afterwards. Idempotent. */
  stop(): void {
    this.#stopped = true;
    this.#cancelRetry?.();
    this.#queue.clear();
    this.#wakeDrainWaiters();
  }

  /** Write as much as the kernel takes; returns how much that was. */
  #offer(bytes: Uint8Array): number {
    let taken = 0;
    try {
      while (taken < bytes.length) taken += writeSync(this.#options.fd, bytes, taken);
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code !== "EAGAIN")
        this.#fail(ConfedError.from(reason, "unavailable"));
    }
    return taken;
  }

  #keep(bytes: Uint8Array): void {
    if (this.#stopped) return; // The offer before has failed.
    this.#queue.push(bytes);
    if (this.#cancelRetry !== undefined) return;
    this.#movedAtMs = this.#options.clock.nowMs();
    this.#retryDelayMs = TTY_WRITE_TIMES.retryDelayMsMin;
    this.#armRetry();
  }

  #armRetry(): void {
    this.#cancelRetry = this.#options.clock.after(this.#retryDelayMs, () => {
      this.#cancelRetry = undefined;
      this.#retry();
    });
  }

  #retry(): void {
    const before = this.#queue.sizeBytes;
    for (let taken = -1; taken !== 0 && this.#queue.sizeBytes > 0; ) {
      taken = this.#offer(this.#queue.peek());
      if (this.#stopped) return;
      this.#queue.shift(taken);
    }
    if (this.#queue.sizeBytes < before) this.#noteMoved();
    else this.#noteHeld();
    if (this.#queue.sizeBytes === 0) this.#wakeDrainWaiters();
    else this.#armRetry();
  }

  #noteMoved(): void {
    const { clock, logger, where } = this.#options;
    this.#movedAtMs = clock.nowMs();
    this.#retryDelayMs = TTY_WRITE_TIMES.retryDelayMsMin;
    if (this.#stuck) logger.info("console takes input again", { where });
    this.#stuck = false;
  }

  #noteHeld(): void {
    const { clock, logger, where } = this.#options;
    this.#retryDelayMs = Math.min(this.#retryDelayMs * 2, TTY_WRITE_TIMES.retryDelayMsMax);
    if (this.#stuck || clock.nowMs() - this.#movedAtMs < TTY_WRITE_TIMES.stuckMs) return;
    this.#stuck = true;
    logger.warn("console takes no input: held by flow control, or its program does not read", {
      where,
      waitingBytes: this.#queue.sizeBytes,
      heldMs: TTY_WRITE_TIMES.stuckMs,
    });
  }

  #fail(error: ConfedError): void {
    this.stop();
    this.#options.onFailed(error);
  }

  #wakeDrainWaiters(): void {
    const waiters = this.#drainWaiters;
    this.#drainWaiters = [];
    for (const wake of waiters) wake();
  }
}
