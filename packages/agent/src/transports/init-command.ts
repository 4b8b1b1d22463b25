import { type Cancel, type Clock, ConfedError } from "@confed/kernel";
import type {
  CloseReason,
  ExecOptions,
  Link,
  LinkSink,
  StartedProgram,
  startProgram,
  Transport,
} from "@confed/transports";

/** What it is started with. */
export interface InitDeps {
  readonly clock: Clock;
  readonly start: typeof startProgram;
}

/**
 * The way to a console at which a program does something each time it has connected, as conserver.cf(5) says of initcmd:
 * it reads what the console prints and types what it prints itself, errors included, until it ends; until then nobody
 * else types. What it could not do is told to viewers and in the log's index, and the console goes on as it is. The end of
 * the link is the end of the program. A link that goes on from another process was begun there.
 *
 * One object for each link of such a console, and the pipes of a program while it runs; others are not wrapped.
 */
export function withInitCommand(transport: Transport, command: ExecOptions, deps: InitDeps): Transport {
  const adopt = transport.adopt?.bind(transport);
  return {
    kind: transport.kind,
    async open(options) {
      const init = new InitCommand(options.sink, command, deps);
      return init.attend(await transport.open({ ...options, sink: init }));
    },
    ...(adopt && { adopt }),
  };
}

/** Of what the console printed, what the program has not read: a screen of a slow reader's, many times over. */
const UNREAD_BYTES_MAX = 64 * 1024;

/** Unsent, at which no more is taken from the program: one piece of its pipe. */
const UNSENT_BYTES = 64 * 1024;

/** After a hang-up, before it is killed: a program that writes something down has done so. */
const HANG_UP_MS = 5_000;

class InitCommand implements LinkSink {
  readonly #sink: LinkSink;
  readonly #command: ExecOptions;
  readonly #deps: InitDeps;
  readonly #gone = new AbortController();
  /** Until it ends. */
  #running = true;
  #program: StartedProgram | undefined;
  /** Printed before the program ran. */
  #early: Buffer[] = [];
  #earlyBytes = 0;
  #toldUnread = false;
  #toldRefused = false;

  constructor(sink: LinkSink, command: ExecOptions, deps: InitDeps) {
    this.#sink = sink;
    this.#command = command;
    this.#deps = deps;
  }

  /** Begin at its link, which stays what it is but for what is typed: some can go on in another process, others cannot. */
  attend<T extends Link>(link: T): T {
    const write = link.write.bind(link);
    const refusing: Link["write"] = (bytes) => (this.#running ? this.#refuse() : write(bytes));
    if (this.#gone.signal.aborted) return link;
    void this.#run(link, write);
    Object.assign(link, { write: refusing });
    if ("descriptor" in link) this.#keepHere(link);
    return link;
  }

  onData(bytes: Uint8Array): void {
    if (this.#running) this.#give(bytes);
    this.#sink.onData(bytes);
  }

  onClosed(reason: CloseReason): void {
    this.#gone.abort(new ConfedError("canceled", "the link is gone"));
    this.#running = false;
    this.#sink.onClosed(reason);
  }

  onLost(why: string): void {
    this.#sink.onLost?.(why);
  }

  onNotice(text: string): void {
    this.#sink.onNotice?.(text);
  }

  /** While the program runs no other process can have the link: it is opened anew there, and the program begins again. */
  #keepHere(link: { readonly descriptor: unknown }): void {
    const prototype: unknown = Object.getPrototypeOf(link);
    const inherited = () => Reflect.get(prototype as object, "descriptor", link) as unknown;
    Object.defineProperty(link, "descriptor", {
      configurable: true,
      get: () => (this.#running ? undefined : inherited()),
    });
  }

  async #run(link: Link, write: Link["write"]): Promise<void> {
    const { signal } = this.#gone;
    const { start, clock } = this.#deps;
    try {
      const program = await start(this.#command, { clock, signal });
      this.#program = program;
      program.stdin.on("error", () => undefined); // It need not read: EPIPE.
      for (const bytes of this.#early) program.stdin.write(bytes);
      this.#early = [];
      for (const stream of [program.stdout, program.stderr]) typeAll(stream, link, write);
      const over = onAbort(signal, () => this.#end(program));
      const how = await program.ended;
      over();
      if (!signal.aborted && how !== "exit(0)") this.#sink.onNotice?.(`the init command failed: ${how}`);
    } catch (reason) {
      if (!signal.aborted)
        this.#sink.onNotice?.(`the init command was not started: ${ConfedError.from(reason).rawMessage}`);
    } finally {
      this.#running = false;
      this.#program = undefined;
      this.#early = [];
    }
  }

  /** Bytes are borrowed: copied. One that does not read misses some, and the log does not. */
  #give(bytes: Uint8Array): void {
    const waiting = this.#program?.stdin.writableLength ?? this.#earlyBytes;
    if (waiting + bytes.length > UNREAD_BYTES_MAX) {
      if (!this.#toldUnread) this.#sink.onNotice?.("the init command does not read: it misses output");
      this.#toldUnread = true;
      return;
    }
    const copy = Buffer.from(bytes);
    if (this.#program !== undefined) {
      if (this.#program.stdin.writable) this.#program.stdin.write(copy);
      return;
    }
    this.#earlyBytes += copy.length;
    this.#early.push(copy);
  }

  #refuse(): number {
    if (!this.#toldRefused)
      this.#sink.onNotice?.("nobody can type here until the console's init command has ended");
    this.#toldRefused = true;
    return -1;
  }

  #end({ group, stdin, stdout, stderr, ended }: StartedProgram): void {
    stdin.destroy();
    group.signal("SIGHUP");
    const cancel: Cancel = this.#deps.clock.after(HANG_UP_MS, () => {
      group.signal("SIGKILL");
      // Whoever left the group may hold the pipes for ever.
      stdout.destroy();
      stderr.destroy();
    });
    void ended.then(cancel);
  }
}

/** Everything it prints is typed, and waits in its pipe while the link does not take it. */
function typeAll(stream: StartedProgram["stdout"], link: Link, write: Link["write"]): void {
  stream.on("data", (bytes: Buffer) => {
    if (write(bytes) < UNSENT_BYTES) return;
    stream.pause();
    void link.drained().then(() => stream.resume());
  });
  stream.on("error", () => undefined);
}

function onAbort(signal: AbortSignal, run: () => void): () => void {
  if (signal.aborted) run();
  else signal.addEventListener("abort", run, { once: true });
  return () => {
    signal.removeEventListener("abort", run);
  };
}
