import { ConfedError, type Once, once } from "@confed/kernel";
import { type CloseReason, LINK_LIMITS, type LinkSink, type PortableLink } from "../transport.ts";
import type { HalfOpenWatch } from "./half-open.ts";
import type { LinkSocket, SocketListener } from "./link-socket.ts";
import type { SocketEndpoints } from "./proc-net-tcp.ts";
import { socketError } from "./socket-error.ts";

/** What a link needs besides its socket. */
export interface SocketLinkOptions {
  readonly sink: LinkSink;
  /** The far end in words: `host:port` or a path. */
  readonly where: string;
  /** Looks after the acknowledgement of input; for far ends that can vanish without a word. */
  readonly inputWatch?: Pick<HalfOpenWatch, "wrote" | "watches" | "forget">;
  /** Set for a socket that another process had: nothing is read before `resume`. */
  readonly adopted?: SocketSnapshot;
}

/** What the next process of a link must know beside its descriptor. */
export interface SocketSnapshot {
  /** Input was not acknowledged when it was last looked at. */
  readonly watched: boolean;
}

/**
 * A Link over a connected socket; owns the socket from the moment it is made.
 *
 * For protocols on top (telnet): give a sink that takes the protocol off and hands sub-arrays
 * on, write what is already encoded, and end a peer that misbehaves with `fail`. Bytes then pass
 * without a copy.
 */
export class SocketLink implements PortableLink, SocketListener {
  readonly pausable = true;
  readonly where: string;
  readonly #socket: LinkSocket;
  readonly #sink: LinkSink;
  readonly #inputWatch: SocketLinkOptions["inputWatch"];
  #closed = false;
  /** Somebody waits for the end. */
  #closing: Once | undefined;
  #paused = false;
  #reads = 0;
  #readingOut = false;
  /** Set when the end has begun; the first reason stays. */
  #reason: CloseReason | undefined;
  #drainWaiters: (() => void)[] | undefined;

  constructor(socket: LinkSocket, { sink, where, inputWatch, adopted }: SocketLinkOptions) {
    this.#socket = socket;
    this.#sink = sink;
    this.where = where;
    this.#inputWatch = inputWatch;
    this.#paused = adopted !== undefined;
    socket.listen(this, { paused: this.#paused });
    if (adopted?.watched === true) inputWatch?.wrote(this);
  }

  /** For the socket. */
  onBytes(bytes: Uint8Array): void {
    this.#reads += 1;
    try {
      this.#sink.onData(bytes);
    } catch (reason) {
      // A fault of ours over what one console sent ends its link, and no other console's.
      const what = reason instanceof Error ? reason.message : String(reason);
      const error = new ConfedError("internal", `${this.where}: a fault in its driver: ${what}`, {
        cause: reason,
      });
      this.#reason ??= { by: "failure", error };
      this.#socket.destroy();
    }
  }

  /** For the socket. */
  onWriteFailed(error: Error): void {
    this.fail(socketError(error, this.where, "connected"));
  }

  /** For the socket. */
  onEnd(): void {
    this.#reason ??= { by: "remote" };
    this.#socket.destroy();
  }

  /** For the socket. */
  onError(error: Error): void {
    this.#reason ??= { by: "failure", error: socketError(error, this.where, "connected") };
  }

  /** For the socket. */
  onClose(): void {
    this.#inputWatch?.forget(this);
    this.#wakeDrainWaiters();
    this.#sink.onClosed(this.#reason ?? { by: "local" });
    this.#closed = true;
    this.#closing?.resolve();
  }

  get descriptor(): number | undefined {
    return this.#reason === undefined ? this.#socket.descriptor : undefined;
  }

  settled(): Promise<void> {
    return this.drained();
  }

  snapshot(): SocketSnapshot | undefined {
    if (this.#socket.writableLength > 0 || this.#reason !== undefined) return undefined;
    return { watched: this.#inputWatch?.watches(this) === true };
  }

  /** The socket's own ends, to find it in the kernel's tables. */
  get endpoints(): SocketEndpoints | undefined {
    const { localAddress, localPort, remoteAddress, remotePort } = this.#socket;
    if (
      localAddress === undefined ||
      localPort === undefined ||
      remoteAddress === undefined ||
      remotePort === undefined
    )
      return undefined;
    return { localAddress, localPort, remoteAddress, remotePort };
  }

  /** Bytes the kernel has taken from us since the start. */
  get bytesTaken(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  /** True from the first sign of the end on: `write` takes nothing any more. */
  get ended(): boolean {
    return this.#reason !== undefined;
  }

  write(bytes: Uint8Array): number {
    if (this.#reason !== undefined) return 0;
    if (this.#socket.writableLength + bytes.length > LINK_LIMITS.writeBacklogBytesMax) return -1;
    if (bytes.length > 0) {
      // Copied, because a socket that cannot send at once keeps what it was given.
      this.#socket.write(Buffer.from(bytes), () => {
        if (this.#socket.writableLength === 0) this.#wakeDrainWaiters();
      });
      this.#inputWatch?.wrote(this);
    }
    return this.#socket.writableLength;
  }

  drained(): Promise<void> {
    if (this.#socket.writableLength === 0 || this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drainWaiters ??= [];
      this.#drainWaiters.push(resolve);
    });
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#socket.destroyed) return;
    this.#socket.resume();
    if (this.#reason?.by === "failure") void this.#readOut();
  }

  readNow(): number {
    if (!this.#paused || this.#reason !== undefined) return 0;
    try {
      return this.#socket.readNow();
    } catch (reason) {
      // The kernel says it once: nobody would hear of it after `resume`.
      this.fail(socketError(reason, this.where, "connected"));
      return 0;
    }
  }

  sendBreak(_durationMs: number): Promise<void> {
    return Promise.reject(
      new ConfedError("failed_precondition", `${this.where}: a plain socket cannot carry a break`, {
        where: this.where,
      }),
    );
  }

  resize(_columns: number, _rows: number): void {
    // Nothing at the far end could use it.
  }

  /**
   * End the link for a reason that the socket itself does not know. What the console sent before
   * is still delivered, after `resume` if the link is paused.
   */
  fail(error: ConfedError): void {
    if (this.#reason !== undefined) return;
    this.#reason = { by: "failure", error };
    if (!this.#paused) void this.#readOut();
  }

  close(): Promise<void> {
    this.#reason ??= { by: "local" };
    this.#socket.destroy();
    if (this.#closed) return Promise.resolve();
    this.#closing ??= once();
    return this.#closing.promise;
  }

  /** Read until the kernel holds nothing more, then let go. */
  async #readOut(): Promise<void> {
    if (this.#readingOut) return;
    this.#readingOut = true;
    for (let before = -1; before !== this.#reads && !this.#paused && !this.#socket.destroyed; ) {
      before = this.#reads;
      // There is no end to wait for. Two turns contain one whole poll for input, wherever in a
      // turn we are; a poll that brings nothing means that nothing was there.
      await turnOfLoop();
      await turnOfLoop();
    }
    this.#readingOut = false;
    if (!this.#paused) this.#socket.destroy();
  }

  #wakeDrainWaiters(): void {
    const waiters = this.#drainWaiters ?? [];
    this.#drainWaiters = undefined;
    for (const wake of waiters) wake();
  }
}

function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
