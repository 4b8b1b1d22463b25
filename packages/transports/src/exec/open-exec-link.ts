import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, closeSync, openSync, statSync } from "node:fs";
import { type Clock, ConfedError, type Logger } from "@confed/kernel";
import type { LinkSink } from "../transport.ts";
import { ExecLink } from "./exec-link.ts";
import type { ExecOptions } from "./exec-options.ts";
import type { UserEntry } from "./lookup-user.ts";
import { type ChildPlan, planChild, startError } from "./plan-child.ts";
import { openPty, type Pty } from "./pty.ts";

interface OpenContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly sink: LinkSink;
}

/** Start the child. Rejects with a ConfedError saying what is missing; nothing runs then. */
export async function openExecLink(
  options: ExecOptions,
  { clock, logger, signal, sink }: OpenContext,
): Promise<ExecLink> {
  const plan = await planChild(options, { terminal: true, signal });
  const pty = await openPty();
  try {
    signal.throwIfAborted();
    if (plan.user !== undefined) giveTerminalTo(plan.user, pty);
    const child = await startChild(plan, pty);
    // The child runs now: from here on only the link may end it.
    return new ExecLink({ ...child, pty, program: plan.program, sink, clock, logger });
  } catch (reason) {
    await pty.release(() => {
      closeSync(pty.masterFd);
    });
    throw ConfedError.from(reason);
  }
}

/** As login(1) does: who works at a terminal may open it by its name. */
function giveTerminalTo(user: UserEntry, pty: Pty): void {
  chownSync(pty.path, user.uid, statSync(pty.path).gid);
}

async function startChild(
  { argv: [file, ...args], env, cwd, program }: ChildPlan,
  pty: Pty,
): Promise<{ child: ChildProcess; pid: number }> {
  const nullFd = openSync("/dev/null", "r+");
  try {
    const child = spawn(file, args, { stdio: pty.childStdio(nullFd), env, cwd });
    if (child.pid !== undefined) return { child, pid: child.pid };
    const [error] = (await once(child, "error")) as [Error];
    throw error;
  } catch (reason) {
    throw startError(program, reason);
  } finally {
    closeSync(nullFd);
  }
}
