import { readSync } from "node:fs";
import { type ConnectOpts, Socket, type SocketConstructorOpts } from "node:net";
import { LINK_LIMITS, type ReceivedDescriptor } from "../transport.ts";

// All sockets read into the same memory: the bytes are used up during the callback, and a buffer
// for each of 10,000 mostly idle sockets would be 640 MB.
const READ_BUFFER = Buffer.allocUnsafeSlow(LINK_LIMITS.readBytesMax);

/** Who is told what a {@link LinkSocket} does. */
export interface SocketListener {
  /** Borrowed bytes: the next read of any socket overwrites them. */
  onBytes(bytes: Uint8Array): void;
  /** Nothing can be sent any more; what the far end sent before may still be unread. */
  onWriteFailed(error: Error): void;
  /** The far end will send no more. */
  onEnd(): void;
  /** It broke; `onClose` follows. */
  onError(error: Error): void;
  /** Last of all, and once. */
  onClose(): void;
}

/**
 * A socket for consoles: reads into the shared buffer, keeps quiet until somebody listens, and
 * does not throw away unread bytes.
 *
 * A stock socket destroys itself when a write fails, and with it whatever the kernel still holds
 * for us: the last words of a console that hung up while somebody was typing. Here a failed write
 * only ends writing.
 *
 * Ten thousand of them rest most of the time: one listener object instead of a closure per event.
 */
export class LinkSocket extends Socket implements ReceivedDescriptor {
  readonly #wire: Wire;
  #writeFailed = false;
  /** Asked of the handle once: by getters of Node's and of C++ it would cost a tenth of what reading does. */
  #readsFrom: number | undefined;

  /** To be connected, or connected already: over a descriptor that is ours from now on. */
  constructor(fd?: number) {
    const wire: Wire = { listener: undefined };
    const options: SocketConstructorOpts & ConnectOpts = {
      // A FIN ends the link as soon as it is read; by default the socket would wait until
      // everything we wrote is taken, which a far end that left never does.
      allowHalfOpen: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (length, buffer) => {
          wire.listener?.onBytes(buffer.subarray(0, length));
          return true;
        },
      },
      ...(fd === undefined ? {} : { fd }),
    };
    super(options);
    this.#wire = wire;
    // Or it would start to read right after connecting; over a descriptor it has begun, and stops
    // before anything can come of it.
    this.pause();
    this.on("end", tellEnd).on("error", tellError).on("close", tellClose);
  }

  /** Its descriptor in this process, while it is open. Node says it on the handle only. */
  get descriptor(): number | undefined {
    const { _handle: handle } = this as { _handle?: { readonly fd?: number } | null };
    return handle?.fd === undefined || handle.fd < 0 ? undefined : handle.fd;
  }

  discard(): void {
    this.destroy();
  }

  /**
   * Read once from the kernel, past the event loop; only while paused, or the loop would read as
   * well. How many bytes; the end of input looks like none. Throws what the kernel says.
   */
  readNow(): number {
    const { listener } = this;
    const descriptor = (this.#readsFrom ??= this.descriptor);
    if (descriptor === undefined || listener === undefined) return 0;
    let readBytes: number;
    try {
      readBytes = readSync(descriptor, READ_BUFFER, 0, READ_BUFFER.byteLength, null);
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code === "EAGAIN") return 0;
      throw reason;
    }
    if (readBytes > 0) listener.onBytes(READ_BUFFER.subarray(0, readBytes));
    return readBytes;
  }

  /** Who is told; undefined until somebody listens. */
  get listener(): SocketListener | undefined {
    return this.#wire.listener;
  }

  /** Start reading, for this listener, or at the next `resume`. Once per socket. */
  listen(listener: SocketListener, { paused = false } = {}): void {
    this.#wire.listener = listener;
    if (!paused) this.resume();
  }

  /**
   * Part of the contract of stream.Readable. A `resume` starts reading once more in the next tick,
   * also when a `pause` came in between; so reading is refused here as long as we are paused.
   */
  override read(size?: number): unknown {
    return this.isPaused() ? null : super.read(size);
  }

  /** Part of the contract of stream.Duplex. The number may be somebody else's at once. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#readsFrom = undefined;
    super._destroy(error, done);
  }

  /** Part of the contract of stream.Writable. */
  override _write(chunk: unknown, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#writeFailed) done();
    else super._write(chunk, encoding, this.#afterWrite(done));
  }

  /** Part of the contract of stream.Writable. */
  override _writev(
    chunks: { chunk: unknown; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    if (this.#writeFailed) done();
    else super._writev?.(chunks, this.#afterWrite(done));
  }

  #afterWrite(done: (error?: Error | null) => void): (error?: Error | null) => void {
    return (error) => {
      if (error instanceof Error && !this.destroyed) {
        this.#writeFailed = true;
        this.#wire.listener?.onWriteFailed(error);
      }
      done();
    };
  }
}

interface Wire {
  listener: SocketListener | undefined;
}

// Event emitters call their listeners with themselves as `this`: one function serves all sockets.
function tellEnd(this: LinkSocket): void {
  this.listener?.onEnd();
}

function tellError(this: LinkSocket, error: Error): void {
  this.listener?.onError(error);
}

function tellClose(this: LinkSocket): void {
  this.listener?.onClose();
}
