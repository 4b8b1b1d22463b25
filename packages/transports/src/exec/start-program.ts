import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { type Clock, ConfedError } from "@confed/kernel";
import { checkExecOptions, type ExecOptions } from "./exec-options.ts";
import { planChild, startError } from "./plan-child.ts";
import { ProcessGroup } from "./process-group.ts";
import { stdioWithoutMasters } from "./pty.ts";

/** A program that runs on pipes. Whoever started it reads what it prints, and ends it. */
export interface StartedProgram {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** It, and what it started. */
  readonly group: ProcessGroup;
  /** Resolves when it has ended and nothing more of what it printed can come, with `exit(N)` or `signal(NAME)`. */
  readonly ended: Promise<string>;
}

/**
 * Start a program on pipes, with the user, the environment and the directory of an exec console: nothing of the agent's
 * own reaches it. It leads a session without a terminal. Rejects with a ConfedError that says what is missing; nothing runs then.
 */
export async function startProgram(
  options: ExecOptions,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<StartedProgram> {
  checkExecOptions(options);
  const plan = await planChild(options, { terminal: false, signal });
  signal.throwIfAborted();
  const { argv, env, cwd } = plan;
  const [file, ...args] = argv;
  const nullFd = openSync("/dev/null", "r+");
  try {
    const stdio = stdioWithoutMasters(nullFd).fill("pipe", 0, 3);
    const child = spawn(file, args, { stdio, env, cwd });
    const { pid, stdin, stdout, stderr } = child;
    if (pid === undefined || stdin === null || stdout === null || stderr === null) {
      const [error] = (await once(child, "error")) as [Error];
      throw error;
    }
    return { stdin, stdout, stderr, group: new ProcessGroup(child, pid, clock), ended: endOf(child) };
  } catch (reason) {
    throw ConfedError.from(startError(plan.program, reason));
  } finally {
    closeSync(nullFd);
  }
}

async function endOf(child: ChildProcess): Promise<string> {
  const [code, name] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return code === null ? `signal(${name ?? "unknown"})` : `exit(${code})`;
}
