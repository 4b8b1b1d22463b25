import { close } from "node:fs";
import { promisify } from "node:util";
import { type Clock, ConfedError, type Logger } from "@confed/kernel";
import type { CloseReason, Link, LinkSink } from "../transport.ts";
import { TtyReader } from "../tty/tty-reader.ts";
import { TtyWriter } from "../tty/tty-writer.ts";
import { vanished } from "./serial-error.ts";
import type { SerialPort } from "./serial-port.ts";

/** What a link to an open line is made of; the link owns both descriptors. */
export interface SerialLinkParts {
  readonly device: string;
  /** For the bytes; non-blocking. */
  readonly fd: number;
  /** The same line, configured and locked. */
  readonly port: SerialPort;
  readonly sink: LinkSink;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * How long `close` waits for the driver. Some keep close(2) for 30 s while flow control holds
 * output back (`closing_wait` of setserial(8)), even when that output was thrown away before.
 */
export const SERIAL_CLOSE_TIMEOUT_MS = 2_000;

/** A break condition under way. */
interface Break {
  /** Settles when the line is back to normal, or when it cannot do that. */
  readonly sent: Promise<void>;
  readonly cut: () => void;
}

/** A serial line. A line has no end of its own: ending always means that the device went away. */
export class SerialLink implements Link {
  readonly pausable = true;
  readonly #parts: SerialLinkParts;
  readonly #reader: TtyReader;
  readonly #writer: TtyWriter;
  /** Set when the end has begun. */
  #ending: Promise<void> | undefined;
  #break: Break | undefined;

  constructor(parts: SerialLinkParts) {
    const { device, fd, sink, clock, logger } = parts;
    this.#parts = parts;
    this.#writer = new TtyWriter({
      fd,
      clock,
      logger,
      where: device,
      onFailed: (error) => {
        void this.#end({ by: "failure", error: vanished(device, error) });
      },
    });
    this.#reader = new TtyReader(fd, {
      onBytes: (bytes) => {
        sink.onData(bytes);
      },
      onEnded: (error) => {
        void this.#end({ by: "failure", error: vanished(device, error) });
      },
    });
  }

  write(bytes: Uint8Array): number {
    return this.#writer.write(bytes);
  }

  drained(): Promise<void> {
    return this.#writer.drained();
  }

  pause(): void {
    this.#reader.pause();
  }

  resume(): void {
    this.#reader.resume();
  }

  async sendBreak(durationMs: number): Promise<void> {
    const { device } = this.#parts;
    if (this.#ending !== undefined)
      throw new ConfedError("failed_precondition", `serial device ${device} is closed`, { subject: device });
    if (this.#break !== undefined)
      throw new ConfedError("conflict", `a break is being sent on ${device} already`, { subject: device });
    this.#break = this.#startBreak(durationMs);
    try {
      await this.#break.sent;
    } catch (reason) {
      const { rawMessage } = ConfedError.from(reason);
      throw new ConfedError(
        "failed_precondition",
        `serial device ${device} cannot send a break: ${rawMessage}`,
        {
          subject: device,
          cause: reason,
        },
      );
    } finally {
      this.#break = undefined;
    }
  }

  resize(_columns: number, _rows: number): void {
    // A serial line cannot tell.
  }

  close(): Promise<void> {
    return this.#end({ by: "local" });
  }

  #startBreak(durationMs: number): Break {
    const { port, clock } = this.#parts;
    let cut: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      cut = resolve;
    });
    const send = async () => {
      await port.set({ ...RAISED, brk: true });
      const cancel = clock.after(durationMs, cut);
      await over;
      cancel();
      await port.set({ ...RAISED, brk: false });
    };
    return { sent: send(), cut };
  }

  #end(reason: CloseReason): Promise<void> {
    this.#ending ??= this.#release(reason);
    return this.#ending;
  }

  async #release(reason: CloseReason): Promise<void> {
    const { fd, sink } = this.#parts;
    this.#writer.stop();
    this.#break?.cut();
    await this.#break?.sent.catch(() => undefined); // Whoever asked for it is told.
    // The port last: the kernel may make the last close(2) of a line wait for unsent output, and
    // only the port's is done in another thread.
    await this.#reader.release();
    await closeFd(fd);
    await this.#closePort();
    sink.onClosed(reason);
  }

  async #closePort(): Promise<void> {
    const { device, port, clock, logger } = this.#parts;
    const closed = port
      .flush() // Otherwise closing waits for what flow control holds back.
      .catch(() => undefined) // The device may be gone; there is nothing to throw away then.
      .then(() => port.close())
      .catch((reason: unknown) => {
        logger.warn("a serial device did not close cleanly", {
          device,
          error: ConfedError.from(reason).message,
        });
      });
    await new Promise<void>((resolve) => {
      const cancel = clock.after(SERIAL_CLOSE_TIMEOUT_MS, () => {
        logger.warn("a serial device takes long to close: flow control holds its output back", { device });
        resolve();
      });
      void closed.then(() => {
        cancel();
        resolve();
      });
    });
  }
}

/** The modem lines as they are while the port is open. */
const RAISED = { cts: false, dsr: false, dtr: true, rts: true } as const;

const closeFd = promisify(close);
