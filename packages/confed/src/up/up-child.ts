import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { type Clock, ConfedError, neutralise } from "@confed/kernel";

/** One process of `confed up`. */
export interface UpChild {
  readonly name: string;
  readonly pid: number | undefined;
  /** What it said with its line that it is ready. Rejects with "process_exited" if it ended first. */
  readonly ready: Promise<ReadyFields>;
  /** How it ended. Never rejects. */
  readonly ended: Promise<ChildEnd>;
  /**
   * Ask it to end; if it takes too long `onLate` is called and it is killed, with all that it started.
   * Resolves when it is gone.
   */
  end(onLate: () => void): Promise<void>;
  /** Kill it, with all that it started. */
  kill(): void;
}

/** See {@link UpChild.ready}. */
export type ReadyFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** See {@link UpChild.ended}. */
export interface ChildEnd {
  readonly status: number | null;
  /** For people: "exit status 1", "SIGKILL". */
  readonly how: string;
}

export interface UpChildOptions {
  readonly name: string;
  /** The program and its arguments, without those that a child of ours gets anyway. */
  readonly command: readonly [string, ...string[]];
  /** All it says goes there, as JSON Lines; begun anew at every start. */
  readonly logPath: string;
  readonly clock: Clock;
  /** Warnings, errors and what is no line of a log. */
  readonly onWords: (words: string) => void;
}

/** An agent waits for its log writer, whose own time is shorter. */
const KILL_AFTER_MS = 15_000;

/**
 * Start a process of ours. It is a session of its own, so that a Ctrl-C meant for us does not reach
 * it before we have asked; and it ends by itself when we are gone, however we went.
 */
export function startUpChild({ name, command, logPath, clock, onWords }: UpChildOptions): UpChild {
  const [program, ...args] = command;
  const child = spawn(program, [...args, "--log-format", "json", "--until-stdin-ends"], {
    detached: true,
    stdio: ["pipe", "ignore", "pipe"],
  });
  child.stdin.on("error", () => undefined); // It is gone; `ended` says so.
  const log = createWriteStream(logPath, { mode: 0o600 });
  log.on("error", (error) => {
    onWords(`${name}: its log cannot be written: ${neutralise(error.message)}`);
  });

  let becomeReady: (fields: ReadyFields) => void = () => undefined;
  const ended = endOf(child, () => {
    log.end();
  });
  const ready = new Promise<ReadyFields>((resolve, reject) => {
    becomeReady = resolve;
    void ended.then(({ how }) => {
      reject(
        new ConfedError("process_exited", `${name} ended before it was ready (${how})`, { subject: name }),
      );
    });
  });
  ready.catch(() => undefined); // Whoever waits for it hears of it; nobody has to.

  createInterface(child.stderr).on("line", (line) => {
    log.write(`${line}\n`);
    const said = readLine(line);
    if (said?.message === "ready") becomeReady(said);
    const isWorth = said === undefined || said["level"] === "warn" || said["level"] === "error";
    // What a command ends with begins with its own name, which is ours, too.
    if (isWorth)
      onWords(`${name}: ${said === undefined ? neutralise(line.replace(/^confed: /, "")) : describe(said)}`);
  });

  const kill = () => {
    // The negative number is the whole group: what it started goes with it.
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended this moment.
    }
  };
  return {
    name,
    pid: child.pid,
    ready,
    ended,
    kill,
    async end(onLate) {
      const cancel = clock.after(KILL_AFTER_MS, () => {
        onLate();
        kill();
      });
      child.kill("SIGTERM");
      await ended;
      cancel();
    },
  };
}

function endOf(child: ChildProcess, release: () => void): Promise<ChildEnd> {
  return new Promise((resolve) => {
    const end = (result: ChildEnd) => {
      release();
      resolve(result);
    };
    child.once("error", (error) => {
      end({ status: null, how: neutralise(error.message) });
    });
    child.once("close", (status, signal) => {
      end({ status, how: signal ?? `exit status ${status ?? "unknown"}` });
    });
  });
}

/** Undefined for what is no line of a log: an error that a process ends with, a trace of a crash. */
function readLine(line: string): ReadyFields | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === "object" && value !== null ? (value as ReadyFields) : undefined;
  } catch {
    return undefined;
  }
}

function describe({ time: _time, level, message, ...fields }: ReadyFields): string {
  const words = Object.entries(fields).map(([key, value]) => ` ${key}=${String(value)}`);
  return neutralise(`${String(level)}: ${String(message)}${words.join("")}`);
}
