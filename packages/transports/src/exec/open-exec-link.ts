import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, closeSync, openSync, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { type Clock, ConfedError, type Logger } from "@confed/kernel";
import type { LinkSink } from "../transport.ts";
import { ExecLink } from "./exec-link.ts";
import type { ExecOptions } from "./exec-options.ts";
import { DEFAULT_PATH, findProgram } from "./find-program.ts";
import { lookupUser, type UserEntry } from "./lookup-user.ts";
import { openPty, type Pty } from "./pty.ts";

interface OpenContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly sink: LinkSink;
}

/** Everything decided about a child before it is started. */
interface ChildPlan {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly program: string;
  /** Who the child will be, if not who we are. */
  readonly user: UserEntry | undefined;
}

/** Start the child. Rejects with a ConfedError saying what is missing; nothing runs then. */
export async function openExecLink(
  options: ExecOptions,
  { clock, logger, signal, sink }: OpenContext,
): Promise<ExecLink> {
  const plan = await planChild(options, signal);
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

async function planChild(
  { argv: [name = "", ...args], env, user: userName, cwd = "/" }: ExecOptions,
  signal: AbortSignal,
): Promise<ChildPlan> {
  await checkDirectory(cwd);
  const user = userName === undefined ? undefined : await lookupUser(userName, signal);
  const childEnv = {
    PATH: DEFAULT_PATH,
    HOME: user?.home ?? ownHome(),
    TERM: "xterm-256color",
    LANG: "C.UTF-8",
    ...env,
  };
  const program = await findProgram(name, { path: childEnv.PATH, cwd });
  // setsid(1) gives the child a session, and with it the controlling terminal; it becomes the
  // program by execvp(3), so the process we started is the one we end.
  const system = { path: DEFAULT_PATH, cwd: "/" };
  const session: [string, ...string[]] = [await findProgram("setsid", system), "-c", program, ...args];
  const base = { env: childEnv, cwd, program };
  const other = user?.uid === process.getuid?.() ? undefined : user;
  if (other === undefined) return { ...base, argv: session, user: undefined };
  if (process.getuid?.() !== 0) {
    throw new ConfedError(
      "permission_denied",
      `only an agent that runs as root can run ${program} as user ${userName}`,
      {
        subject: userName,
        hint: `remove "user" from this console, or run the agent as root or as ${userName}`,
      },
    );
  }
  // setpriv(1) and not spawn's own uid and gid: that would leave the user without his groups.
  const identity = [`--reuid=${other.uid}`, `--regid=${other.gid}`, "--init-groups", "--"];
  return { ...base, argv: [await findProgram("setpriv", system), ...identity, ...session], user: other };
}

function ownHome(): string {
  try {
    return userInfo().homedir;
  } catch {
    return "/"; // In a container our uid may be in no passwd(5).
  }
}

async function checkDirectory(cwd: string): Promise<void> {
  const isDirectory = await stat(cwd).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isDirectory)
    throw new ConfedError("device_missing", `working directory ${cwd} does not exist`, { subject: cwd });
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

function startError(program: string, reason: unknown): ConfedError {
  if ((reason as NodeJS.ErrnoException).code !== "EAGAIN") return ConfedError.from(reason);
  return new ConfedError("resource_exhausted", `cannot start ${program}: the host allows no more processes`, {
    cause: reason,
    hint: "raise the agent's TasksMax (systemd) or RLIMIT_NPROC",
  });
}
