import type { Attachment, AttachSink, GatewayViewer } from "@confed/conserver";
import { MOVED } from "@confed/conserver";
import { type Clock, ConfedError } from "@confed/kernel";
import {
  type AttachResponseReceived,
  type Call,
  type EventReceived,
  fromDetail,
  type HelloReceived,
  type LogChunkReceived,
  type ModeChangedReceived,
  type OpenedReceived,
  type ReadLogResponse,
} from "@confed/wire";
import { AttachStream } from "./attach-stream.ts";
import { type AttachTicket, type BehindGateway, gather } from "./behind-gateway.ts";

/** What an attachment is made with. */
export interface AttachingDeps {
  readonly behind: BehindGateway;
  readonly clock: Clock;
  readonly call: Call;
  /** Called once it is over, whoever ended it. */
  readonly onOver: () => void;
}

type State = "up" | "down" | "init";

/**
 * One viewer that came through a gateway, as the agent's own attach session has it. Whoever wants the keyboard and does not
 * get it asks again when it is free, as conserver's clients expect it.
 */
export class ServedAttachment implements Attachment {
  mode: "write" | "view" = "view";
  state: State = "init";
  mayWrite = false;
  sessionId = "";
  /** Wall clock of the last byte typed, or of the beginning. */
  typedAtMs: number;
  readonly #console: string;
  readonly #viewer: GatewayViewer;
  readonly #sink: AttachSink;
  readonly #deps: AttachingDeps;
  readonly #stream: AttachStream;
  #ticket: AttachTicket | undefined;
  #inputOffset = 0;
  #writer = "";
  #wants: boolean;
  /** We gave the keyboard away ourselves: the word of it is no news. */
  #yielding = 0;
  #asked: ((granted: boolean) => void) | undefined;
  #onOpened: (() => void) | undefined;
  #onFailed: ((error: ConfedError) => void) | undefined;
  #onState: (() => void)[] = [];
  #over = false;

  constructor(console: string, viewer: GatewayViewer, sink: AttachSink, deps: AttachingDeps) {
    this.#console = console;
    this.#viewer = viewer;
    this.#sink = sink;
    this.#deps = deps;
    this.#wants = viewer.mayWrite;
    this.typedAtMs = deps.clock.wallTimeMs();
    this.#stream = new AttachStream({
      peer: viewer.address,
      backlogBytes: () => sink.backlogBytes,
      onDrained: (then) => {
        sink.onDrained(then);
      },
      received: (message) => {
        this.#take(message);
      },
      ended: (error) => {
        this.#ended(error ?? new ConfedError("unavailable", "the session ended"));
      },
    });
  }

  /** Begin. Rejects with why not. A console that is being connected is given a moment, so that who asks is told how it is. */
  async begin(): Promise<void> {
    const { behind, call } = this.#deps;
    this.#ticket = await behind.ticketFor?.(this.#console, call);
    const opened = new Promise<void>((resolve, reject) => {
      this.#onOpened = resolve;
      this.#onFailed = reject;
    });
    behind.services.attach(this.#stream, call);
    void this.#stream.say({
      open: {
        console: this.#console,
        mode: this.#viewer.mayWrite ? "WRITE" : "VIEW",
        replayLines: 0,
        subject: this.#viewer.acid,
        ...(this.#ticket === undefined ? {} : { ticket: this.#ticket.ticket }),
      },
    });
    await opened;
    if (this.state === "init") await this.#stateWithin(CONNECT_MS_MAX);
  }

  async take(how: "ask" | "if_free" | "force"): Promise<{ granted: boolean; holder: string | undefined }> {
    if (how !== "if_free") this.#wants = true;
    const holder = this.#writer === "" ? undefined : this.#writer;
    const granted = await this.#ask(how === "force");
    if (granted && how === "if_free") this.#wants = true;
    if (!granted) return { granted, holder: this.#writer === "" ? undefined : this.#writer };
    return { granted, holder: how === "force" ? holder : undefined };
  }

  yield(): void {
    this.#wants = false;
    if (this.mode !== "write") return;
    this.mode = "view";
    this.#yielding += 1;
    void this.#stream.say({ setMode: { mode: "VIEW" } });
  }

  input(bytes: Uint8Array): Promise<void> | undefined {
    this.typedAtMs = this.#deps.clock.wallTimeMs();
    const offset = this.#inputOffset;
    this.#inputOffset += bytes.byteLength;
    return this.#stream.say({ input: { offset, data: Buffer.from(bytes) } });
  }

  async sendBreak(): Promise<void> {
    await this.#stream.say({ sendBreak: {} });
  }

  async down(): Promise<void> {
    const down = this.#stateWithin(ANSWER_MS_MAX);
    void this.#stream.say({ takeDown: {} });
    if (this.state !== "down") await down;
  }

  async reopen(): Promise<"up" | "down"> {
    const begun = this.#stateWithin(ANSWER_MS_MAX);
    void this.#stream.say({ reconnect: {} });
    await begun;
    if (this.state === "init") await this.#stateWithin(REOPEN_MS_MAX);
    return this.state === "up" ? "up" : "down";
  }

  async tail(lines: number): Promise<Uint8Array> {
    const { behind, call } = this.#deps;
    const ticket = (await behind.ticketFor?.(this.#console, call))?.ticket ?? null;
    const messages = await gather<ReadLogResponse>((outlet) => {
      const request = { console: this.#console, lastLines: lines, start: "lastLines", untilMs: 0 } as const;
      behind.services.readLog({ ...request, from: null, sinceMs: 0, ticket: ticket as null }, outlet, call);
    });
    const chunks = messages.flatMap(({ chunk }) => (chunk as LogChunkReceived | null | undefined) ?? []);
    return Buffer.concat(chunks.map(({ data }) => data));
  }

  note(text: string): void {
    void this.#stream.say({ note: { text } });
  }

  release(): void {
    if (this.#over) return;
    this.#over = true;
    this.#settle();
    this.#stream.leave();
    this.#deps.onOver();
  }

  #take(message: AttachResponseReceived): void {
    if (this.#over) return;
    if (message.output) this.#sink.output(message.output.data);
    else if (message.hello) this.#greet(message.hello);
    else if (message.opened) this.#opened(message.opened);
    else if (message.modeChanged) this.#modeChanged(message.modeChanged);
    else if (message.event) this.#event(message.event);
    else if (message.gap) {
      const { from, to, lengthKnown } = message.gap;
      this.#sink.notice(`-- ${lengthKnown ? to - from : "some"} bytes are missing here --`);
    } else if (message.end)
      this.#ended(
        message.end.error
          ? fromDetail(message.end.error)
          : new ConfedError("unavailable", "the session ended"),
      );
  }

  #greet({ agent, nonce, proveId }: HelloReceived): void {
    if (proveId === "" || this.#ticket === undefined) return;
    void this.#stream.say({
      prove: { signature: Buffer.from(this.#ticket.prove({ id: proveId, agent, nonce })) },
    });
  }

  #opened({ sessionId, mode, status, writer, readOnly }: OpenedReceived): void {
    this.sessionId = sessionId;
    this.mode = mode === "WRITE" ? "write" : "view";
    // Said of whoever asked to write; others are told when they ask.
    this.mayWrite = readOnly === "";
    // Whoever finds somebody at the keyboard is told so and asks for it, or only wants to watch.
    this.#wants = this.mode === "write";
    this.#writer = this.mode === "write" ? this.#viewer.acid : writer;
    // One that is connected only while somebody is there is about to be.
    this.state = status?.state === "IDLE" ? "init" : stateOf(status?.state);
    this.#onFailed = undefined;
    this.#onOpened?.();
  }

  #modeChanged({ mode, by }: ModeChangedReceived): void {
    if (mode === "WRITE") {
      const told = this.mode === "write";
      this.mode = "write";
      this.#writer = this.#viewer.acid;
      this.#answer(true);
      if (!told) this.typedAtMs = this.#deps.clock.wallTimeMs();
      return;
    }
    if (this.#yielding > 0) {
      this.#yielding -= 1;
      return;
    }
    this.mode = "view";
    this.#writer = by;
    this.#sink.modeChanged("view", by === "" ? undefined : by);
  }

  #event({ kind, subject, text, state }: EventReceived): void {
    switch (kind) {
      case "STATE":
        this.state = stateOf(state);
        for (const resolve of this.#onState.splice(0)) resolve();
        return;
      case "WRITER_CHANGED":
        this.#writer = subject;
        if (subject === "") this.#keyboardIsFree();
        return;
      case "VIEWER_LEFT":
        if (subject !== this.#writer || this.mode === "write") return;
        this.#writer = "";
        this.#keyboardIsFree();
        return;
      case "NOTICE":
        // What was asked for last is answered so when it cannot be had. What somebody says is no answer.
        if (this.#asked !== undefined && subject === "") this.#answer(false);
        else this.#sink.notice(text);
        return;
      default:
        return;
    }
  }

  #keyboardIsFree(): void {
    if (!this.#wants || this.mode === "write" || this.#asked !== undefined) return;
    // Not from inside the word that it is free: whoever is told later asks later.
    queueMicrotask(() => {
      if (this.#over || !this.#wants || this.mode === "write") return;
      void this.#ask(false).then((granted) => {
        if (granted && !this.#over) this.#sink.modeChanged("write", undefined);
      });
    });
  }

  /** One question at a time: answers have no number. */
  async #ask(force: boolean): Promise<boolean> {
    while (this.#asked !== undefined) await new Promise<void>((resolve) => this.#whenAnswered.push(resolve));
    if (this.#over) return false;
    return new Promise((resolve) => {
      this.#asked = resolve;
      void this.#stream.say({ setMode: { mode: "WRITE", force } });
    });
  }

  readonly #whenAnswered: (() => void)[] = [];

  #answer(granted: boolean): void {
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.(granted);
    this.#whenAnswered.shift()?.();
  }

  #ended(error: ConfedError): void {
    if (this.#over) return;
    this.#over = true;
    this.#settle(error);
    if (this.sessionId !== "")
      this.#sink.ended(error.code === "not_found" ? MOVED : `[-- ${error.rawMessage} --]\r\n`);
    this.#stream.leave();
    this.#deps.onOver();
  }

  /** Nobody waits for an answer any more. */
  #settle(error = new ConfedError("canceled", "the client is gone")): void {
    this.#onFailed?.(error);
    this.#answer(false);
    for (const resolve of [...this.#onState.splice(0), ...this.#whenAnswered.splice(0)]) resolve();
  }

  /** Resolves with the next change of state, or when the time is over. */
  #stateWithin(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.after(ms, resolve);
      this.#onState.push(() => {
        cancel();
        resolve();
      });
    });
  }
}

/** How long a console that connects keeps a client waiting: to fork a program, or to connect in a data centre. */
const CONNECT_MS_MAX = 500;

/** How long a change that was asked for may take to begin. */
const ANSWER_MS_MAX = 1_000;

/** What conserver itself gives a connection. */
const REOPEN_MS_MAX = 10_000;

/** A console's state in conserver's words. */
export function stateOf(state: string | number | undefined): State {
  if (state === "CONNECTED") return "up";
  return state === "CONNECTING" ? "init" : "down";
}
