import type { ListedConsole, ListedUser } from "@confed/codecs";

/** A console that gives back what is typed, and everybody who looks at it. */
interface EchoConsole {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly motd?: string;
  readonly noop?: boolean;
  /** Without it, everybody. */
  readonly writers?: readonly string[];
  readonly readers?: readonly string[];
  readonly tasks?: ReadonlyMap<string, EchoTask>;
}

interface EchoTask {
  readonly title: string;
  readonly announced: string;
  readonly cmd: string;
  readonly confirm: boolean;
  readonly runas: string | undefined;
}

interface Addressees {
  readonly user: string | undefined;
  readonly console: string | undefined;
}

interface EchoSink {
  notice(text: string): void;
  output(bytes: Uint8Array): void;
  modeChanged(mode: "write" | "view", by: string | undefined): void;
  ended(why: string): void;
}

interface EchoViewer {
  readonly acid: string;
  readonly user: string;
  readonly mayWrite: boolean;
}

/** Consoles for a gateway of conserver's protocol, with conserver's own rules of who holds the keyboard. */
export class EchoConsoles {
  #consoles: readonly EchoConsole[];
  readonly #lines = new Map<string, EchoLine>();
  port = 0;

  constructor(consoles: readonly EchoConsole[]) {
    this.#consoles = consoles;
    for (const { name } of consoles) this.#lines.set(name, new EchoLine(name));
  }

  /** Others from now on; those that stay keep their users. */
  become(consoles: readonly EchoConsole[]): void {
    this.#consoles = consoles;
  }

  masters(): readonly string[] {
    return [];
  }

  resolve(name: string, { user }: { readonly user: string }) {
    const folded = name.toLowerCase();
    const names = ({ name: own, aliases }: EchoConsole) =>
      [own, ...aliases].map((each) => each.toLowerCase());
    const exact = this.#consoles.filter((console) => names(console).includes(folded));
    const found =
      exact.length > 0
        ? exact
        : this.#consoles.filter((console) => names(console).some((each) => each.startsWith(folded)));
    const [console] = found;
    if (console === undefined) return Promise.resolve({ type: "unknown" as const });
    if (found.length > 1) {
      const choices = found.map((each) => each.name).sort();
      return Promise.resolve({ type: "ambiguous" as const, choices });
    }
    const access: "write" | "view" | "none" =
      console.writers === undefined || console.writers.includes(user)
        ? "write"
        : console.readers?.includes(user) === true
          ? "view"
          : "none";
    return Promise.resolve({
      type: "here" as const,
      name: console.name,
      access,
      login: console.noop !== true,
      motd: console.motd,
      breakKey: "1",
      breaks: "all" as const,
      tasks: console.tasks ?? new Map<string, EchoTask>(),
    });
  }

  attach(name: string, viewer: EchoViewer, sink: EchoSink): Promise<EchoAttachment> {
    const line = this.#lines.get(name);
    return line === undefined
      ? Promise.reject(new Error(`no console ${name}`))
      : Promise.resolve(line.attach(viewer, sink));
  }

  tell(whom: Addressees, text: string, { acid }: { readonly acid: string }): Promise<void> {
    for (const { sink } of this.#attached(whom)) sink.notice(`${acid}: ${text}`);
    return Promise.resolve();
  }

  disconnect(whom: Addressees, { acid }: { readonly acid: string }): Promise<number> {
    const victims = this.#attached(whom);
    for (const { sink } of victims) sink.ended(`[-- Disconnected by admin \`${acid}' --]\r\n`);
    return Promise.resolve(victims.length);
  }

  #attached({ user, console }: Addressees): readonly EchoAttachment[] {
    return [...this.#lines.values()]
      .filter(({ name }) => console === undefined || name === console)
      .flatMap(({ attached }) => attached.filter(({ viewer }) => user === undefined || viewer.user === user));
  }

  /** In the order of conserver's own listings: the last of the file first. */
  list(): Promise<readonly ListedConsole[]> {
    return Promise.resolve(
      this.#consoles.toReversed().map(({ name, aliases, noop }): ListedConsole => {
        const line = this.#lines.get(name);
        return {
          name,
          aliases,
          host: "here",
          pid: process.pid,
          port: this.port,
          way: noop === true ? { type: "noop" } : { type: "exec", command: "cat" },
          state: line?.state ?? "down",
          readOnly: false,
          log: { path: "", on: false, activity: false, breaks: false, tasks: false, mark: 0 },
          breakKey: "1",
          options: [],
          initcmd: "",
          idletimeoutS: 0,
          idlestring: "\\n",
          users: line?.users() ?? [],
        };
      }),
    );
  }
}

class EchoLine {
  readonly name: string;
  state: "up" | "down" = "up";
  writer: EchoAttachment | undefined;
  /** Newest first. */
  attached: readonly EchoAttachment[] = [];

  constructor(name: string) {
    this.name = name;
  }

  attach(viewer: EchoViewer, sink: EchoSink): EchoAttachment {
    const attachment = new EchoAttachment(this, viewer, sink);
    this.attached = [attachment, ...this.attached];
    if (this.writer === undefined && viewer.mayWrite) this.writer = attachment;
    return attachment;
  }

  print(bytes: Uint8Array): void {
    for (const { sink } of this.attached.toReversed()) sink.output(bytes);
  }

  /** The keyboard goes to who has waited for it. */
  pass(): void {
    this.writer = this.attached.find(({ wants }) => wants);
    this.writer?.sink.modeChanged("write", undefined);
  }

  users(): readonly ListedUser[] {
    return this.attached.map(({ viewer, mode }) => ({
      acid: viewer.acid,
      console: this.name,
      mode,
      mayWrite: viewer.mayWrite,
      idleS: 0,
      attachedMs: 0,
    }));
  }
}

class EchoAttachment {
  readonly #line: EchoLine;
  readonly viewer: EchoViewer;
  readonly sink: EchoSink;
  wants: boolean;

  constructor(line: EchoLine, viewer: EchoViewer, sink: EchoSink) {
    this.#line = line;
    this.viewer = viewer;
    this.sink = sink;
    this.wants = viewer.mayWrite;
  }

  get mayWrite(): boolean {
    return this.viewer.mayWrite;
  }

  get mode(): "write" | "view" {
    return this.#line.writer === this ? "write" : "view";
  }

  get state(): "up" | "down" {
    return this.#line.state;
  }

  take(how: "ask" | "if_free" | "force"): Promise<{ granted: boolean; holder: string | undefined }> {
    const before = this.#line.writer;
    const holder = before?.viewer.acid;
    if (how !== "if_free" || before === undefined) this.wants = true;
    if (before !== undefined && how !== "force") return Promise.resolve({ granted: false, holder });
    this.#line.writer = this;
    before?.sink.modeChanged("view", this.viewer.acid);
    return Promise.resolve({ granted: true, holder });
  }

  yield(): void {
    this.wants = false;
    if (this.mode === "write") this.#line.pass();
  }

  input(bytes: Uint8Array): undefined {
    this.#line.print(bytes);
  }

  sendBreak(): Promise<void> {
    return Promise.resolve();
  }

  down(): Promise<void> {
    this.#line.state = "down";
    return Promise.resolve();
  }

  reopen(): Promise<"up"> {
    this.#line.state = "up";
    return Promise.resolve("up");
  }

  tail(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array());
  }

  note(): void {}

  release(): void {
    this.#line.attached = this.#line.attached.filter((each) => each !== this);
    if (this.mode === "write") this.#line.pass();
  }
}
