import type {
  AttachRequestReceived,
  AttachResponse,
  ConsoleStatus,
  Duplex,
  Open,
  ViewerModeReceived,
} from "@confed/wire";

type Stream = Duplex<AttachRequestReceived, AttachResponse>;

/** One viewer of a {@link FakeConsole}, as a test sees it. */
export interface FakeSession {
  readonly id: string;
  readonly open: Open;
  readonly stream: Stream;
  mode: ViewerModeReceived;
  /** All that was typed. */
  input: Buffer;
  /** Every request but input, in order. */
  readonly requests: AttachRequestReceived[];
}

/** A console that prints what the test says and answers viewers by the contract; no link, no log file. */
export class FakeConsole {
  readonly name: string;
  readonly owner: string;
  /** What the console has printed since `base`. */
  output = Buffer.alloc(0);
  logId = "00000000000000aa";
  /** Offset of the first byte of `output`. */
  base = 0;
  /** Sessions now open, oldest first. */
  sessions: FakeSession[] = [];
  /** False: input is taken and not acknowledged. */
  acknowledging = true;
  /** True: what is typed is printed. */
  echoing = false;
  status: ConsoleStatus = {
    state: "CONNECTED",
    transport: "memory",
    target: "nowhere:1",
    logPath: "/var/log/fake.log",
  };
  #waiting: (() => void)[] = [];
  #opened = 0;
  readonly #printed = new Set<(offset: number, data: Buffer) => void>();

  constructor(name: string, owner: string) {
    this.name = name;
    this.owner = owner;
  }

  get endOffset(): number {
    return this.base + this.output.length;
  }

  /** The console prints. */
  print(data: string | Uint8Array): void {
    const bytes = Buffer.from(data as string);
    const offset = this.endOffset;
    this.output = Buffer.concat([this.output, bytes]);
    for (const { stream } of this.sessions) {
      stream.send({ output: { offset, endOffset: this.endOffset, data: bytes } });
    }
    for (const listener of this.#printed) listener(offset, bytes);
  }

  /** Hear of all that is printed. Returns how to stop. */
  onPrint(listener: (offset: number, data: Buffer) => void): () => void {
    this.#printed.add(listener);
    this.#moved();
    return () => {
      this.#printed.delete(listener);
      this.#moved();
    };
  }

  /** Resolves as soon as `condition` holds; looked at whenever a client did something. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** How many hear of what is printed: the tails. */
  get listeners(): number {
    return this.#printed.size;
  }

  attach(stream: Stream, open: Open): FakeSession {
    const old = this.sessions.find(({ id }) => id === open.supersedesSessionId);
    old?.stream.end();
    this.sessions = this.sessions.filter((other) => other !== old);
    const writer = this.#writer();
    const granted = open.mode === "WRITE" && (writer === undefined || open.force === true) ? "WRITE" : "VIEW";
    this.#opened += 1;
    const session: FakeSession = {
      id: `s${this.#opened}`,
      open,
      stream,
      mode: granted,
      input: Buffer.alloc(0),
      requests: [],
    };
    if (granted === "WRITE" && writer !== undefined) this.setMode(writer, "VIEW", open.subject ?? "");
    this.sessions.push(session);
    this.#sendOpened(session, granted === "WRITE" ? "" : (writer?.open.subject ?? ""));
    this.#moved();
    return session;
  }

  /** Tell a viewer which mode it has from now on. */
  setMode(session: FakeSession, mode: "WRITE" | "VIEW", by: string): void {
    session.mode = mode;
    session.stream.send({ modeChanged: { mode, by } });
  }

  receive(session: FakeSession, message: AttachRequestReceived): void {
    if (message.input) {
      const { offset, data } = message.input;
      session.input = Buffer.concat([session.input, data]);
      if (this.acknowledging) session.stream.send({ inputAck: { offset: offset + data.length } });
      if (this.echoing) this.print(data);
    } else {
      session.requests.push(message);
      if (message.setMode) this.#asked(session, message.setMode);
      else if (message.replay)
        session.stream.send({
          output: { offset: this.base, endOffset: this.endOffset, data: this.output, replayed: true },
        });
      else if (message.sendBreak)
        session.stream.send({ event: { kind: "BREAK_SENT", subject: session.open.subject ?? "" } });
    }
    this.#moved();
  }

  leave(session: FakeSession): void {
    this.sessions = this.sessions.filter((other) => other !== session);
    this.#moved();
  }

  describe(): ConsoleStatus {
    return {
      ...this.status,
      name: this.name,
      owner: this.owner,
      end: { logId: this.logId, offset: this.endOffset },
      viewers: this.sessions.map(({ id, open, mode }) => ({
        sessionId: id,
        subject: open.subject ?? "",
        mode,
        sinceMs: 1,
      })),
    };
  }

  #asked(
    session: FakeSession,
    { mode, force }: { readonly mode: ViewerModeReceived; readonly force: boolean },
  ): void {
    const writer = this.#writer();
    if (mode === "WRITE" && writer !== undefined && writer !== session) {
      if (!force) {
        this.setMode(session, "VIEW", writer.open.subject ?? "");
        return;
      }
      this.setMode(writer, "VIEW", session.open.subject ?? "");
    }
    this.setMode(session, mode === "WRITE" ? "WRITE" : "VIEW", session.open.subject ?? "");
  }

  #sendOpened(session: FakeSession, writer: string): void {
    const { from } = session.open;
    const end = { logId: this.logId, offset: this.endOffset };
    const known = from !== undefined && from !== null && from.logId === this.logId;
    const startOffset = known ? Math.max(Number(from.offset), this.base) : this.endOffset;
    session.stream.send({
      opened: {
        sessionId: session.id,
        mode: session.mode,
        status: this.describe(),
        start: { ...end, offset: startOffset },
        writer,
      },
    });
    if (known && Number(from.offset) < this.base) {
      session.stream.send({
        gap: {
          from: from.offset ?? 0,
          to: this.base,
          lengthKnown: false,
          reason: "AGENT_RESTART",
          logId: this.logId,
        },
      });
    }
    if (from !== undefined && from !== null && !known) {
      const at = { from: end.offset, to: end.offset, logId: this.logId };
      session.stream.send({ gap: { ...at, lengthKnown: false, reason: "LOG_RESET" } });
    }
    const data = this.output.subarray(startOffset - this.base);
    if (data.length > 0)
      session.stream.send({ output: { offset: startOffset, endOffset: this.endOffset, data } });
  }

  #writer(): FakeSession | undefined {
    return this.sessions.find(({ mode }) => mode === "WRITE");
  }

  #moved(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
