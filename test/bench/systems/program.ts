import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { systemClock } from "@confed/kernel";

/** Every program of a system that runs now, so that an interrupted benchmark leaves none behind. */
const running = new Set<ChildProcess>();

/** A program of a system under test. */
export interface Program {
  readonly pid: number;
  readonly startedMs: number;
  /** What it said lately. */
  readonly said: () => string;
  /** Resolves with the first line of its standard error for which `find` gives something. */
  readonly line: <T>(find: (line: string) => T | undefined) => Promise<T>;
  readonly ended: Promise<void>;
  /** SIGTERM to its group, and SIGKILL if that does not do. */
  readonly stop: () => Promise<void>;
}

/** Starts a program in a process group of its own. Rejects where it cannot be executed. */
export async function startProgram(
  argv: readonly [string, ...string[]],
  { env = {}, cwd }: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Promise<Program> {
  const [program, ...args] = argv;
  const startedMs = systemClock.wallTimeMs();
  const child = spawn(program, args, {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  running.add(child);
  let text = "";
  let unread = "";
  const lines: string[] = [];
  const waiters = new Set<() => void>();
  const hear = (bytes: Buffer) => {
    text = (text + bytes.toString()).slice(-SAID_CHARACTERS_MAX);
    unread += bytes.toString();
    const whole = unread.split("\n");
    unread = whole.pop() ?? "";
    // Only until somebody found what it waited for: a thousand consoles say a line each.
    lines.push(...whole);
    if (lines.length > SAID_LINES_MAX) lines.splice(0, lines.length - SAID_LINES_MAX);
    for (const look of [...waiters]) look();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  child.stdin.on("error", () => undefined);
  const ended = once(child, "close").then(() => {
    running.delete(child);
    for (const look of [...waiters]) look();
  });
  await once(child, "spawn");
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid!,
    startedMs,
    said: () => text,
    ended,
    line: (find) =>
      new Promise((resolve, reject) => {
        const look = () => {
          for (const line of lines) {
            const found = find(line);
            if (found === undefined) continue;
            waiters.delete(look);
            resolve(found);
            return;
          }
          if (gone()) reject(new Error(`${argv.join(" ")} ended:\n${text}`));
        };
        waiters.add(look);
        look();
      }),
    async stop() {
      // A successor of its own making lives in its group, and says what it says by the same pipes.
      if (!running.has(child)) return;
      signalGroup(child, "SIGTERM");
      const cancel = systemClock.after(STOP_TIMEOUT_MS, () => {
        signalGroup(child, "SIGKILL");
      });
      await ended;
      cancel();
      // What it forked and left behind.
      signalGroup(child, "SIGKILL");
    },
  };
}

/** SIGKILL to whatever still runs. */
export function killPrograms(): void {
  for (const child of running) signalGroup(child, "SIGKILL");
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, signal);
  } catch {
    // Nobody is left in the group.
  }
}

/** conserver takes a second for each of its groups. */
const STOP_TIMEOUT_MS = 30_000;
const SAID_CHARACTERS_MAX = 8_192;
const SAID_LINES_MAX = 1_000;

/** A TCP port of 127.0.0.1 that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
