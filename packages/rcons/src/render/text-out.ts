import type { Drain } from "../route/read-stream.ts";
import type { OutputStream } from "../world.ts";
import { drained } from "./drained.ts";

/** Bytes that may wait for a slow reader before the stream from the head is paused. */
const BACKLOG_BYTES_MAX = 256 * 1024;

/** Standard output of a command: whole lines, or bytes, and a say in how fast they come. */
export class TextOut implements Drain {
  readonly #stream: OutputStream;

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  line(text: string): void {
    this.#stream.write(`${text}\n`);
  }

  /** One write for many lines: a listing of 10,000 is not 10,000 system calls. */
  lines(texts: readonly string[]): void {
    if (texts.length > 0) this.#stream.write(`${texts.join("\n")}\n`);
  }

  bytes(data: Uint8Array): void {
    if (data.length > 0) this.#stream.write(data);
  }

  get full(): boolean {
    return this.#stream.writableLength > BACKLOG_BYTES_MAX;
  }

  drained(): Promise<void> {
    return drained(this.#stream);
  }
}
