import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { systemClock } from "@confed/kernel";
import { descendantsOf, type ProcessId, residentBytesOf, untilGone } from "./process-tree.ts";

/** One line that a confed process logged. */
export interface LoggedLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface RigProcessOptions {
  /** For messages: "agent sn01". */
  readonly name: string;
  /** The program and all arguments; it logs as JSON on standard error and ends when standard input does. */
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

interface Waiter {
  readonly look: () => boolean;
  readonly what: string;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** How long a process may take to begin and, told to end, to end. On a busy machine all are slow. */
const PATIENCE_MS = 20_000;

/**
 * A confed process of a test: started, told to stop, killed and started again with the same
 * arguments. Whatever it leaves behind when it ends makes the call that ended it reject.
 */
export class RigProcess {
  readonly name: string;
  /** Everything it logged since it was last started. */
  lines: LoggedLine[] = [];
  readonly #options: RigProcessOptions;
  /** What it is started with the next time. */
  argv: readonly [string, ...string[]];
  #child: ChildProcess | undefined;
  /** Has taken over from the child, and what it says comes by the same pipe. */
  #successor: number | undefined;
  #ended: Promise<void> = Promise.resolve();
  #said: string[] = [];
  #waiters: Waiter[] = [];

  constructor(options: RigProcessOptions) {
    this.name = options.name;
    this.#options = options;
    this.argv = options.argv;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  get pid(): number {
    const pid = this.#successor ?? this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.name} is not running`);
    return pid;
  }

  /** What it has said lately, over all its lives, for a failed test. */
  get said(): string {
    return this.#said.map((line) => `${this.name}: ${line}`).join("\n");
  }

  /** Resolves with its ready line. Rejects with what it said if it ends instead. */
  async start(): Promise<LoggedLine> {
    const [program, ...args] = this.argv;
    const child = spawn(program, args, {
      stdio: ["pipe", "ignore", "pipe"],
      env: { ...process.env, ...this.#options.env },
    });
    this.lines = [];
    this.#child = child;
    this.#successor = undefined;
    this.#said.push(`--- started, pid ${child.pid}`);
    child.stdin.on("error", () => undefined); // Gone; "close" says so.
    const read = createInterface(child.stderr);
    read.on("line", (line) => {
      this.#hear(line);
    });
    this.#ended = new Promise((resolve) => {
      child.once("error", (error) => {
        this.#said.push(`--- ${error.message}`);
      });
      child.once("close", (status, signal) => {
        this.#said.push(`--- ended, ${signal ?? `status ${status}`}`);
        this.#child = undefined;
        for (const { reject, what } of this.#waiters.splice(0)) {
          reject(new Error(`${this.name} ended before ${what}:\n${this.said}`));
        }
        resolve();
      });
    });
    return this.logged("ready");
  }

  /**
   * Resolves with the first line of this life, from the `from`th on, that says `message` with these
   * fields; rejects if the process ends first.
   */
  async logged(
    message: string,
    fields: Readonly<Record<string, unknown>> = {},
    from = 0,
  ): Promise<LoggedLine> {
    // Each line is looked at once: a thousand may wait for a line each.
    const { lines } = this;
    let seen = from;
    let found: LoggedLine | undefined;
    const find = () => {
      for (; found === undefined && seen < lines.length; seen += 1) {
        const line = lines[seen];
        if (line?.message !== message) continue;
        if (Object.entries(fields).every(([key, value]) => line[key] === value)) found = line;
      }
      return found;
    };
    const what = `it logged "${message}" ${JSON.stringify(fields)}`;
    await new Promise<void>((resolve, reject) => {
      if (find() !== undefined) resolve();
      else if (this.#child === undefined)
        reject(new Error(`${this.name} ended before ${what}:\n${this.said}`));
      else this.#waiters.push({ look: () => find() !== undefined, what, resolve, reject });
    });
    return find()!;
  }

  /** Its children and theirs. */
  descendants(): readonly ProcessId[] {
    return descendantsOf(this.pid);
  }

  /** The child whose command line contains this. */
  childLike(part: string): ProcessId {
    const found = this.descendants().find(({ command }) => command.includes(part));
    if (found !== undefined) return found;
    throw new Error(`${this.name} has no child like ${part}`);
  }

  /** Of it and all its children. */
  residentBytes(): number {
    return [this.pid, ...this.descendants().map(({ pid }) => pid)]
      .map(residentBytesOf)
      .reduce((sum, bytes) => sum + bytes, 0);
  }

  /** SIGKILL. Resolves when it and, by themselves, all its children are gone; rejects if any stays. */
  async kill(): Promise<void> {
    const children = this.descendants();
    this.#signal("SIGKILL");
    await this.#ended;
    await untilGone(children, PATIENCE_MS);
  }

  /** SIGTERM. Resolves when it ended with status 0 and left nothing behind; rejects with what it said if not. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const children = this.descendants();
    const cancel = systemClock.after(PATIENCE_MS, () => {
      this.#said.push("--- does not end, killed");
      this.#signal("SIGKILL");
    });
    this.#signal("SIGCONT"); // A test that failed may have left it frozen.
    this.#signal("SIGTERM");
    await this.#ended;
    cancel();
    await untilGone(children, PATIENCE_MS);
    if (child.exitCode !== 0) throw new Error(`${this.name} did not end in order:\n${this.said}`);
  }

  /** SIGSTOP and SIGCONT. */
  freeze(frozen: boolean): void {
    this.#signal(frozen ? "SIGSTOP" : "SIGCONT");
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#successor === undefined) {
      this.#child?.kill(signal);
      return;
    }
    try {
      process.kill(this.#successor, signal);
    } catch {
      // It has ended by itself.
    }
  }

  #hear(line: string): void {
    this.#said.push(line);
    if (this.#said.length > SAID_LINES_MAX) this.#said.splice(0, SAID_LINES_MAX / 2);
    const said = parsed(line);
    this.lines.push(said);
    if (said.message === "another process has taken over") this.#successor = Number(said["successor"]);
    const ready = this.#waiters.filter(({ look }) => look());
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const { resolve } of ready) resolve();
  }
}

/** Enough to see what happened; a test with a thousand consoles says a line for each. */
const SAID_LINES_MAX = 400;

function parsed(line: string): LoggedLine {
  try {
    return JSON.parse(line) as LoggedLine;
  } catch {
    return { level: "none", message: line }; // A stack of Node's own.
  }
}
