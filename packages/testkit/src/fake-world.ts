import { PassThrough } from "node:stream";
import type { Clock } from "@confed/kernel";
import type { SignalName, World } from "@confed/rcons";

/** What a {@link FakeWorld} begins with. */
export interface FakeWorldOptions {
  readonly clock: Clock;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** False: pipes. */
  readonly terminal?: boolean;
}

/** Everything outside rcons, in the hands of a test. */
export class FakeWorld implements World {
  readonly clock: Clock;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: PassThrough & { isTTY?: boolean; setRawMode?: (raw: boolean) => void } = new PassThrough();
  readonly stdout: PassThrough & { isTTY?: boolean; columns?: number; rows?: number } = new PassThrough();
  readonly stderr: PassThrough & { isTTY?: boolean } = new PassThrough();
  /** The terminal is raw now. */
  raw = false;
  suspended = 0;
  readonly #signals = new Map<SignalName, Set<() => void>>();
  readonly #exits = new Set<() => void>();
  readonly #seen = { stdout: "", stderr: "" };
  #waiting: (() => void)[] = [];

  constructor({ clock, args = [], env = {}, terminal = true }: FakeWorldOptions) {
    this.clock = clock;
    this.args = args;
    this.env = { NO_COLOR: "1", ...env };
    for (const name of ["stdout", "stderr"] as const) {
      this[name].on("data", (data: Buffer) => {
        this.#seen[name] += data.toString("latin1");
        this.moved();
      });
    }
    if (!terminal) return;
    this.stdin.isTTY = this.stdout.isTTY = this.stderr.isTTY = true;
    this.stdout.columns = 80;
    this.stdout.rows = 24;
    this.stdin.setRawMode = (raw) => {
      this.raw = raw;
    };
  }

  /** All that was written to standard output, a byte a character. */
  get shown(): string {
    return this.#seen.stdout;
  }

  /** Likewise to standard error. */
  get complained(): string {
    return this.#seen.stderr;
  }

  /** Listeners that were not taken back: what would keep a real process from ending. */
  get leftovers(): number {
    return this.#exits.size + [...this.#signals.values()].reduce((sum, listeners) => sum + listeners.size, 0);
  }

  random = () => 0;

  subject(): string {
    return "tester@here";
  }

  /** The person types. */
  type(text: string): void {
    this.stdin.write(Buffer.from(text, "latin1"));
  }

  /** Resolves as soon as standard output holds `text`. */
  async shows(text: string): Promise<void> {
    await this.until(() => this.shown.includes(text));
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  signal(name: SignalName): void {
    for (const listener of this.#signals.get(name) ?? []) listener();
  }

  onSignal(name: SignalName, listener: () => void): () => void {
    const listeners = this.#signals.get(name) ?? new Set();
    this.#signals.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  onExit(release: () => void): () => void {
    this.#exits.add(release);
    return () => this.#exits.delete(release);
  }

  suspend(): void {
    this.suspended += 1;
    this.moved();
  }

  orphaned(): boolean {
    return false;
  }

  rawOutput(): boolean {
    return true;
  }

  /** Wake whoever waits; for changes that do not come by a stream. */
  moved(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
