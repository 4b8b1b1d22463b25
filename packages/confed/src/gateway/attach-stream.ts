import { ConfedError } from "@confed/kernel";
import {
  type AttachRequest,
  type AttachRequestReceived,
  type AttachResponse,
  type AttachResponseReceived,
  type Duplex,
  Encoded,
  messageCodec,
} from "@confed/wire";

const requests = messageCodec("AttachRequest");
const responses = messageCodec("AttachResponse");

/** The client at the far end of a stream, as far as the server's bounds depend on it. */
export interface StreamClient {
  /** Its address, for logs. */
  readonly peer: string;
  /** What it has not read. */
  backlogBytes(): number;
  onDrained(then: () => void): void;
  received(message: AttachResponseReceived): void;
  /** The server ended the stream; without an error in an orderly way. */
  ended(error: ConfedError | undefined): void;
}

/**
 * An attach stream without a connection: its server is in this process. Messages keep the forms that they have on the
 * wire, so that a service cannot tell; that costs an encoding of each that the client says, and one of each that it hears.
 */
export class AttachStream implements Duplex<AttachRequestReceived, AttachResponse> {
  readonly #client: StreamClient;
  readonly #over = new AbortController();
  #onMessage: ((message: AttachRequestReceived) => void) | undefined;
  #onEnd: ((error?: ConfedError) => void) | undefined;
  #sentBytes = 0;
  #paused = false;
  /** What was said while the server did not read; `say` tells to wait then, so that this stays short. */
  #held: AttachRequestReceived[] = [];
  #resumed: (() => void)[] = [];

  constructor(client: StreamClient) {
    this.#client = client;
  }

  get peer(): string {
    return this.#client.peer;
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** The client says something. Resolves when the server reads; undefined: it does. */
  say(message: AttachRequest): Promise<void> | undefined {
    const received = requests.decode(requests.encode(message)) as AttachRequestReceived;
    if (!this.#paused) {
      this.#onMessage?.(received);
      return undefined;
    }
    this.#held.push(received);
    return new Promise((resolve) => this.#resumed.push(resolve));
  }

  /** The client is gone. */
  leave(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(new ConfedError("canceled", "the client is gone"));
    this.#release();
    this.#onEnd?.(new ConfedError("canceled", "the client is gone"));
  }

  send(message: AttachResponse | Encoded): void {
    if (this.#over.signal.aborted) return;
    const bytes = message instanceof Encoded ? message.bytes : responses.encode(message);
    this.#sentBytes += bytes.byteLength;
    this.#client.received(responses.decode(bytes) as AttachResponseReceived);
  }

  // A screen that was stopped with ^S for a while is nobody who went away.
  get backlogBytes(): number {
    const bytes = this.#client.backlogBytes();
    return bytes < PATIENCE_BYTES ? 0 : bytes;
  }

  get takenBytes(): number {
    return this.#sentBytes - this.backlogBytes;
  }

  discard(): number {
    return 0;
  }

  drained(): Promise<void> {
    if (this.backlogBytes === 0 || this.#over.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#client.onDrained(resolve);
    });
  }

  end(error?: ConfedError): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(error ?? new ConfedError("canceled", "the stream ended"));
    this.#release();
    this.#client.ended(error);
  }

  receive(onMessage: (message: AttachRequestReceived) => void, onEnd: (error?: ConfedError) => void): void {
    this.#onMessage = onMessage;
    this.#onEnd = onEnd;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const message of this.#held.splice(0)) this.#onMessage?.(message);
    this.#release();
  }

  cancel(): void {
    this.end(new ConfedError("canceled", "given up by the server"));
  }

  #release(): void {
    for (const resolve of this.#resumed.splice(0)) resolve();
  }
}

/** Less than this unread is no backlog: some screens of text. */
const PATIENCE_BYTES = 256 * 1024;
