import { Socket } from "node:net";
import { ConfedError } from "@confed/kernel";
import { ServerHello } from "./server-hello.ts";

/**
 * The socket that ssh2 is given: reads along until the server has introduced itself, and ends a
 * server that makes us answer without ever taking the answers.
 *
 * As in LinkSocket a failed write ends only writing: what the server said before it left is still
 * read, and its end is learnt there.
 */
export class SshSocket extends Socket {
  readonly hello: ServerHello;
  readonly #where: string;
  #writeFailed = false;

  constructor(where: string) {
    super();
    this.hello = new ServerHello(where);
    this.#where = where;
    this.pause(); // Nothing is read before ssh2 listens.
  }

  /** Part of the contract of stream.Readable: what arrived goes through here. */
  override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    if (chunk === null) return super.push(null);
    if (this.writableLength > UNREAD_ANSWERS_BYTES_MAX) {
      const error = new ConfedError("protocol_error", `${this.#where} asks more than it takes answers`, {
        where: this.#where,
      });
      this.destroy(error);
      return false;
    }
    if (this.hello.done) return super.push(chunk, encoding);
    try {
      const passed = this.hello.take(chunk);
      return passed.length === 0 ? true : super.push(passed, encoding);
    } catch (reason) {
      this.destroy(ConfedError.from(reason));
      return false;
    }
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

  /**
   * Hand on what was read and not taken yet. For a socket that broke while it was paused: a
   * stream gives nothing out by itself after an error.
   */
  flush(): void {
    for (let chunk: unknown = this.read(); chunk !== null; chunk = this.read()) {
      // `read` tells the listeners itself unless the stream has failed.
      if (this.errored !== null) this.emit("data", chunk);
    }
  }

  #afterWrite(done: (error?: Error | null) => void): (error?: Error | null) => void {
    return (error) => {
      if (error instanceof Error && !this.destroyed) this.#writeFailed = true;
      done();
    };
  }
}

/** Twice what a link may hold back for sending, see LINK_LIMITS.writeBacklogBytesMax. */
const UNREAD_ANSWERS_BYTES_MAX = 2 * 1024 * 1024;
