import type { Duplex } from "node:stream";
import { ConfedError } from "./errors.ts";

export interface JsonChannelEvents<In> {
  readonly onMessage: (message: In) => void;
  /** The far end is gone, or said what nobody can read. Called once. */
  readonly onEnd: (cause: ConfedError) => void;
}

/** One line at most: a page of consoles is far below it. What is longer is no message of ours. */
export const LINE_BYTES_MAX = 1024 * 1024;

/** What may wait to be read by the far end. One that is this far behind does not live any more. */
const BACKLOG_BYTES_MAX = 64 * 1024 * 1024;

/** JSON values, a line each, both ways. The socket is the channel's; whoever made it must not use it. */
export class JsonChannel<Out, In> {
  readonly #socket: Duplex;
  readonly #onEnd: (cause: ConfedError) => void;
  #ended = false;

  constructor(socket: Duplex, { onMessage, onEnd }: JsonChannelEvents<In>) {
    this.#socket = socket;
    this.#onEnd = onEnd;
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    socket.on("data", (bytes: Buffer) => {
      let from = 0;
      for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
        const line = Buffer.concat([...pending, bytes.subarray(from, at)]).toString();
        pending = [];
        pendingBytes = 0;
        from = at + 1;
        if (this.#ended) return;
        const message = parsed<In>(line);
        if (message === undefined)
          this.#end(new ConfedError("protocol_error", "the control channel says no JSON"));
        else onMessage(message);
      }
      pending.push(bytes.subarray(from));
      pendingBytes += bytes.byteLength - from;
      if (pendingBytes > LINE_BYTES_MAX)
        this.#end(
          new ConfedError("protocol_error", `a line of the control channel exceeds ${LINE_BYTES_MAX} bytes`),
        );
    });
    const gone = () => {
      this.#end(new ConfedError("hung_up", "the control channel ended"));
    };
    socket.once("end", gone).once("close", gone).on("error", gone);
  }

  /** Never waits; what the far end does not read is bounded, and its end. */
  send(message: Out): void {
    if (this.#ended) return;
    this.#socket.write(`${JSON.stringify(message)}\n`);
    if (this.#socket.writableLength > BACKLOG_BYTES_MAX)
      this.#end(new ConfedError("resource_exhausted", "the control channel is not read"));
  }

  /** Resolves when everything sent is with the kernel, or the channel has ended. */
  drained(): Promise<void> {
    if (this.#ended || this.#socket.writableLength === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.write("", () => {
        resolve();
      });
    });
  }

  /** Final. `onEnd` is not called for it. */
  close(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  #end(cause: ConfedError): void {
    if (this.#ended) return;
    this.close();
    this.#onEnd(cause);
  }
}

const NEWLINE = 0x0a;

function parsed<T>(line: string): T | undefined {
  try {
    return JSON.parse(line) as T;
  } catch {
    return undefined;
  }
}
