import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { ConfedError } from "@confed/kernel";
import type { OfferedTask } from "./gateway-rules.ts";

/** Where a task's output and end go. */
export interface TaskEvents {
  /** Text, a byte a character, its lines ended as terminals want it. */
  output(text: string): void;
  /** `exit(N)` or `signal(N)`. */
  ended(how: string): void;
}

/** The programs that run beside consoles, at most one for each. They are the gateway's: they end with it. */
export class ConsoleTasks {
  readonly #running = new Map<string, ChildProcess>();

  /** Of the task that runs beside a console. */
  pidOf(console: string): number | undefined {
    return this.#running.get(console)?.pid;
  }

  /**
   * Start one, without input and in a group of its own. Throws "permission_denied" where it is to run as somebody that
   * this process cannot become. What it prints is passed on as it comes: a program that floods floods its console's users.
   */
  start(console: string, { cmd, runas }: OfferedTask, events: TaskEvents): void {
    const [program, args] = commandOf(cmd, runas);
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, cwd: "/" });
    this.#running.set(console, child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("latin1").on("data", (text: string) => {
        events.output(text.replaceAll(/\r?\n/g, "\r\n"));
      });
    }
    const over = (how: string) => {
      if (this.#running.get(console) !== child) return;
      this.#running.delete(console);
      events.ended(how);
    };
    child.once("error", () => {
      over("exit(127)");
    });
    child.once("close", (code, signal) => {
      over(signal === null ? `exit(${code ?? 0})` : `signal(${constants.signals[signal]})`);
    });
  }

  /** Hang up on it, with all that it has started. False: there is none. */
  stop(console: string): boolean {
    const child = this.#running.get(console);
    if (child?.pid === undefined) return false;
    hangUp(child.pid);
    return true;
  }

  /** End all of them. */
  close(): void {
    for (const { pid } of this.#running.values()) if (pid !== undefined) hangUp(pid);
    this.#running.clear();
  }
}

function hangUp(pid: number): void {
  try {
    process.kill(-pid, "SIGHUP");
  } catch {
    // It has just ended by itself.
  }
}

function commandOf(cmd: string, runas: string | undefined): readonly [string, readonly string[]] {
  const shell = ["/bin/sh", "-ce", cmd] as const;
  if (runas === undefined) return ["/bin/sh", shell.slice(1)];
  const [user = "", group = ""] = runas.split(":");
  if (!RUNAS_NAME.test(user || "-") && user !== "") throw notAName(user);
  if (group !== "" && !RUNAS_NAME.test(group)) throw notAName(group);
  if (user === "" && group === "") return ["/bin/sh", shell.slice(1)];
  if (process.getuid?.() !== 0)
    throw new ConfedError("permission_denied", `a task is to run as ${runas}, which takes root`, {
      hint: "run the agent as root, or take runas out of the task",
    });
  if (user !== "" && group === "") return ["/bin/sh", ["-c", AS_USER, "sh", user, ...shell]];
  const as = [...(user === "" ? [] : ["--reuid", user]), "--regid", group, "--clear-groups"];
  return ["setpriv", [...as, "--", ...shell]];
}

/** Whoever it runs as has the user's own groups; the first is not always called like the user. */
const AS_USER =
  'user=$1; shift; group=$(id -g -- "$user") && exec setpriv --reuid "$user" --regid "$group" --init-groups -- "$@"';

const RUNAS_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;

function notAName(name: string): ConfedError {
  return new ConfedError("invalid_argument", `a task is to run as "${name.slice(0, 64)}", which is nobody`, {
    hint: "runas user:group;",
  });
}
