import { stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { ConfedError } from "@confed/kernel";
import type { ExecOptions } from "./exec-options.ts";
import { DEFAULT_PATH, findProgram } from "./find-program.ts";
import { lookupUser, type UserEntry } from "./lookup-user.ts";

/** Everything decided about a child before it is started. */
export interface ChildPlan {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly program: string;
  /** Who the child will be, if not who we are. */
  readonly user: UserEntry | undefined;
}

/** Decide. Rejects with a ConfedError saying what is missing; nothing runs then. */
export async function planChild(
  { argv: [name = "", ...args], env, user: userName, group, cwd = "/" }: ExecOptions,
  { terminal, signal }: { readonly terminal: boolean; readonly signal: AbortSignal },
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
  // setsid(1) gives the child a session, and with -c the controlling terminal; it becomes the
  // program by execvp(3), so the process we started is the one we end.
  const system = { path: DEFAULT_PATH, cwd: "/" };
  const session: [string, ...string[]] = [
    await findProgram("setsid", system),
    ...(terminal ? ["-c"] : []),
    program,
    ...args,
  ];
  const base = { env: childEnv, cwd, program };
  const other = user?.uid === process.getuid?.() ? undefined : user;
  if (other === undefined && group === undefined) return { ...base, argv: session, user: undefined };
  if (process.getuid?.() !== 0) {
    throw new ConfedError(
      "permission_denied",
      `only an agent that runs as root can run ${program} as ${other === undefined ? `group ${group}` : `user ${userName}`}`,
      {
        subject: other === undefined ? group : userName,
        hint:
          other === undefined
            ? `remove "group" from this console, or run the agent as root`
            : `remove "user" from this console, or run the agent as root or as ${userName}`,
      },
    );
  }
  // setpriv(1) and not spawn's own uid and gid: that would leave the user without his groups.
  const identity = [
    ...(other === undefined ? [] : [`--reuid=${other.uid}`]),
    ...(group === undefined
      ? [`--regid=${other?.gid}`, "--init-groups"]
      : [`--regid=${group}`, "--clear-groups"]),
    "--",
  ];
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

/** Why a child could not be started. */
export function startError(program: string, reason: unknown): ConfedError {
  if ((reason as NodeJS.ErrnoException).code !== "EAGAIN") return ConfedError.from(reason);
  return new ConfedError("resource_exhausted", `cannot start ${program}: the host allows no more processes`, {
    cause: reason,
    hint: "raise the agent's TasksMax (systemd) or RLIMIT_NPROC",
  });
}
