import { ConfedError } from "@confed/kernel";
import { type Duplex, Encoded, messageCodec } from "@confed/wire";

/** One side of a stream without a connection: the test is the peer. */
export class FakeStream<In, Out extends object> implements Duplex<In, Out> {
  readonly peer = "127.0.0.1:1";
  /** What was sent to the peer, in order. */
  readonly sent: Out[] = [];
  /** What the peer has not read yet; the test says so. */
  backlogBytes = 0;
  /** Of these, what the connection has: it cannot be discarded any more. */
  handedBytes = 0;
  /** What the peer has read; the test says so, too. */
  takenBytes = 0;
  /** Set when our side ended it. */
  ended: { readonly error: ConfedError | undefined } | undefined;
  paused = false;
  canceled = false;
  readonly #codec: { decode(bytes: Uint8Array): unknown };
  readonly #over = new AbortController();
  #onMessage: ((message: In) => void) | undefined;
  #onEnd: ((error?: ConfedError) => void) | undefined;
  #draining: (() => void)[] = [];

  /** `outType` is the name of the messages that we send, for those that come encoded. */
  constructor(outType: string) {
    this.#codec = messageCodec(outType);
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** The peer sends a message. */
  say(message: In): void {
    this.#onMessage?.(message);
  }

  /** The peer is gone, or with no error has ended its side. */
  leave(error?: ConfedError): void {
    if (error !== undefined) this.#over.abort(error);
    this.#onEnd?.(error);
    this.drain();
  }

  /** The peer has read everything. */
  drain(): void {
    this.backlogBytes = 0;
    for (const resolve of this.#draining.splice(0)) resolve();
  }

  send(message: Out | Encoded): void {
    if (this.ended !== undefined || this.#over.signal.aborted) return;
    this.sent.push(message instanceof Encoded ? (this.#codec.decode(message.bytes) as Out) : message);
  }

  discard(): number {
    const discardedBytes = Math.max(0, this.backlogBytes - this.handedBytes);
    this.backlogBytes -= discardedBytes;
    if (this.backlogBytes === 0) this.drain();
    return discardedBytes;
  }

  drained(toBytes = 0): Promise<void> {
    if (this.backlogBytes <= toBytes || this.#over.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.#draining.push(resolve));
  }

  end(error?: ConfedError): void {
    if (this.ended !== undefined) return;
    this.ended = { error };
    this.#over.abort(error ?? new ConfedError("canceled", "the stream ended"));
    this.drain();
  }

  receive(onMessage: (message: In) => void, onEnd: (error?: ConfedError) => void): void {
    this.#onMessage = onMessage;
    this.#onEnd = onEnd;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  cancel(): void {
    this.canceled = true;
    this.leave(new ConfedError("canceled", "given up"));
  }
}
