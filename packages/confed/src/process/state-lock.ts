import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfedError, makeDirectory } from "@confed/kernel";

/** A state directory that is ours until it is released. */
export interface StateLock {
  /** Idempotent. Takes away only what is still ours. */
  release(): void;
  /** It is this process's from now on, without a moment in between; ours again by our own pid. */
  pass(pid: number): void;
}

/** Whose lock it is: a pid alone is given again to others. */
export interface LockOwner {
  readonly pid: number;
  /** The kernel's start time of that process, in ticks since boot; empty where it cannot be known. */
  readonly started: string;
}

/**
 * Make `directory` if need be, and keep every other process out of it: two agents that write the
 * same positions would give offsets twice. Throws "conflict" naming the process that has it;
 * the lock of a process that is gone is taken over. Knows processes of this host only: a directory
 * on a network file system is not guarded against another host.
 */
export function lockState(directory: string, pid: number): StateLock {
  const path = join(directory, "lock");
  const mine = `${path}.${pid}`;
  const text = textOf(pid);
  try {
    makeDirectory(directory, 0o700);
    writeFileSync(mine, text, { mode: 0o600 });
    try {
      take({ path, mine, directory });
    } finally {
      rmSync(mine, { force: true });
    }
  } catch (reason) {
    throw explained(directory, reason);
  }
  return {
    release() {
      if (readLock(path) === text) rmSync(path, { force: true });
    },
    pass(to) {
      writeFileSync(mine, textOf(to), { mode: 0o600 });
      renameSync(mine, path);
    },
  };
}

/** The process that has a directory, if one has. */
export function lockHolder(directory: string): number | undefined {
  const owner = ownerIn(readLock(join(directory, "lock")) ?? "");
  return owner !== undefined && isAlive(owner) ? owner.pid : undefined;
}

/** Attempts where others take and leave the lock at the same time. */
const TRIES_MAX = 10;

interface Taking {
  readonly path: string;
  readonly mine: string;
  readonly directory: string;
}

function take({ path, mine, directory }: Taking): void {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    // A link appears whole or not at all, with its content; O_EXCL would show an empty file first.
    if (linked(mine, path)) return;
    const text = readLock(path);
    if (text === undefined) continue;
    const owner = ownerIn(text);
    // Passed to us by the process before us.
    if (owner?.pid === process.pid && isAlive(owner)) return;
    if (owner !== undefined && isAlive(owner)) {
      throw new ConfedError("conflict", `${directory} is in use by process ${owner.pid}`, {
        subject: directory,
        where: path,
        hint: `one process a state directory: stop that one (kill ${owner.pid}), or give this one another directory`,
      });
    }
    setAside(path, text, mine);
  }
  throw new ConfedError("conflict", `${directory} is being taken by other processes`, { subject: directory });
}

/** Move a dead lock away. If somebody else did that and took the lock meanwhile, put theirs back. */
function setAside(path: string, dead: string, mine: string): void {
  const aside = `${mine}.stale`;
  try {
    renameSync(path, aside);
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "ENOENT") return;
    throw reason;
  }
  if (readLock(aside) !== dead) linked(aside, path);
  rmSync(aside, { force: true });
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw reason;
  }
}

function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw reason;
  }
}

function textOf(pid: number): string {
  return `${pid} ${startOf(pid) ?? ""}\n`;
}

/** Undefined for what nobody of us wrote, an empty file after a power loss among it. */
function ownerIn(text: string): LockOwner | undefined {
  const [, pid, started] = /^([0-9]{1,10}) ([0-9]*)\n$/.exec(text) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), started: started ?? "" };
}

function isAlive({ pid, started }: LockOwner): boolean {
  try {
    process.kill(pid, 0);
  } catch (reason) {
    // EPERM: it lives, under another user.
    if ((reason as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const startedNow = startOf(pid);
  return started === "" || startedNow === undefined || startedNow === started;
}

/** Field 22 of /proc/PID/stat (proc(5)); undefined where there is no such file. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name of the program, in brackets, may hold spaces and brackets.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // Killed, and its parent has not asked yet: it holds nothing any more.
    return state === "Z" ? "ended" : fields[18];
  } catch {
    return undefined; // Not Linux, or it ended this moment: kill(pid, 0) alone must do.
  }
}

function explained(directory: string, reason: unknown): ConfedError {
  const error = ConfedError.from(reason);
  if (error.code === "conflict") return error;
  return new ConfedError(error.code, `the state directory cannot be used: ${error.rawMessage}`, {
    subject: directory,
    hint: "it must be a directory that this process may write",
    cause: reason,
  });
}
