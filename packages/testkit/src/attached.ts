import { ConfedError } from "@confed/kernel";
import {
  type AttachRequest,
  type AttachResponseReceived,
  type Duplex,
  fromDetail,
  type GapReceived,
  type Open,
  type OpenedReceived,
} from "@confed/wire";

interface Waiter {
  readonly done: () => boolean;
  readonly resolve: () => void;
}

/** A client attached by hand: keeps everything it was sent, and waits for what a test expects. */
export class Attached {
  readonly stream: Duplex<AttachResponseReceived, AttachRequest>;
  readonly messages: AttachResponseReceived[] = [];
  readonly gaps: GapReceived[] = [];
  /** Live and caught-up output, in order; what is replayed on demand is not in it. */
  #chunks: Buffer[] = [];
  #waiters: Waiter[] = [];
  #inputOffset = 0;
  readonly #subject: string;
  /** Where output goes on: the end of the last message. */
  endOffset = 0;
  ackedInput = 0;
  ended: { readonly error: ConfedError | undefined; readonly reattach: boolean } | undefined;

  constructor(stream: Duplex<AttachResponseReceived, AttachRequest>, open: Open) {
    this.stream = stream;
    stream.receive(
      (message) => {
        this.#take(message);
      },
      (error) => {
        this.ended ??= { error, reattach: true };
        this.#look();
      },
    );
    this.#subject = open.subject ?? "";
    stream.send({ open });
  }

  /** For a failed test: what it was sent lately, and in what order. */
  get said(): string {
    const { messages, ended } = this;
    const lately = messages.slice(-SAID_MESSAGES_MAX).map((message) => this.#told(message));
    return [`${this.#subject}: ${messages.length} messages`, ...lately, ended?.error?.message ?? ""].join(
      "\n  ",
    );
  }

  get output(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get opened(): OpenedReceived | undefined {
    return this.messages.find(({ opened }) => opened)?.opened ?? undefined;
  }

  /** Resolves when `done` says so; it is asked after every message. */
  until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ done, resolve }));
  }

  /** Resolves when the output contains `text`. */
  saw(text: string): Promise<void> {
    return this.until(() => this.output.includes(text));
  }

  /** Resolves with what was opened; rejects with what the agent said instead. */
  async whenOpened(): Promise<OpenedReceived> {
    await this.until(() => this.opened !== undefined || this.ended !== undefined);
    if (this.opened !== undefined) return this.opened;
    throw this.ended?.error ?? new ConfedError("internal", "ended without a reason");
  }

  /** Resolves with the reason why the session ended. */
  async whenEnded(): Promise<ConfedError | undefined> {
    await this.until(() => this.ended !== undefined);
    return this.ended?.error;
  }

  type(text: string | Uint8Array): void {
    const data = typeof text === "string" ? Buffer.from(text) : text;
    this.stream.send({ input: { offset: this.#inputOffset, data } });
    this.#inputOffset += data.byteLength;
  }

  /** Resolves when everything typed was acknowledged. */
  inputTaken(): Promise<void> {
    return this.until(() => this.ackedInput === this.#inputOffset);
  }

  #take(message: AttachResponseReceived): void {
    if (message.output && !message.output.replayed) {
      this.#chunks.push(message.output.data);
      this.endOffset = message.output.endOffset;
      message.output = { ...message.output, data: Buffer.alloc(0) };
    }
    if (message.gap) {
      this.gaps.push(message.gap);
      this.endOffset = message.gap.to;
    }
    if (message.inputAck) this.ackedInput = message.inputAck.offset;
    if (message.end) {
      const { error, reattach } = message.end;
      this.ended ??= { error: error === null ? undefined : fromDetail(error), reattach };
    }
    this.messages.push(message);
    this.#look();
  }

  #look(): void {
    const ready = this.#waiters.filter(({ done }) => done());
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const { resolve } of ready) resolve();
  }

  #told(message: AttachResponseReceived): string {
    const [[kind, value] = []] = Object.entries(message).filter(
      ([, each]) => each !== null && each !== undefined,
    );
    return `${kind} ${JSON.stringify(value)}`.slice(0, SAID_CHARACTERS_MAX);
  }
}

const SAID_MESSAGES_MAX = 20;
const SAID_CHARACTERS_MAX = 300;
