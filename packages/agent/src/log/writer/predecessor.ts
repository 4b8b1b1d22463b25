import {
  closeSync,
  copyFileSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "@confed/kernel";

/**
 * Wait until the log writer that had this state directory before us is gone, at most `waitMs`, then
 * say that it is ours. Returns whether it is still there: it hangs in the disk, and will append to
 * its files when that heals.
 *
 * Blocks: nobody needs this process before it is done.
 */
export function outlivedBy(
  stateDir: string,
  { pid, waitMs }: { readonly pid: number; readonly waitMs: number },
): boolean {
  makeDirectory(stateDir);
  const path = join(stateDir, "log-writer");
  const before = readIfAny(path);
  let stuck = isAlive(before);
  for (let waitedMs = 0; stuck && waitedMs < waitMs; waitedMs += POLL_MS) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
    stuck = isAlive(before);
  }
  claim(path, `${pid} ${startOf(pid)}\n`);
  return stuck;
}

function claim(path: string, text: string): void {
  const temporary = `${path}.new`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code !== "ENOSPC") throw reason;
    // A log writer must start on a full disk, too: in the block that the one before us has paid for.
    rmSync(temporary, { force: true });
    const fd = openSync(path, "r+");
    try {
      writeSync(fd, text.padStart(fstatSync(fd).size), 0);
    } finally {
      closeSync(fd);
    }
  }
}

/** This process writes nothing any more: whoever comes next need not wait for its end. */
export function letGo(stateDir: string): void {
  const path = join(stateDir, "log-writer");
  // In the block that it has: a full disk has no other.
  writeFileSync(path, " ".repeat(statSync(path).size), { flag: "r+" });
}

/** True while the log writer that had this directory last still runs. */
export function hasWriter(stateDir: string): boolean {
  return isAlive(readIfAny(join(stateDir, "log-writer")));
}

/** The next log writer of `to` knows of the one that had `from` and still runs, as of its own predecessor. */
export function inheritStuckWriter(from: string, to: string): void {
  if (hasWriter(from)) copyFileSync(join(from, "log-writer"), join(to, "log-writer"));
}

const POLL_MS = 10;

// A pid is given again to others; together with the process's start it is not.
function isAlive(text: string): boolean {
  const [pid = "", started = ""] = text.trim().split(" ");
  return /^\d+$/.test(pid) && started !== "" && startOf(Number(pid)) === started;
}

/** proc(5): field 22, in ticks since boot. Empty: no such process, or only its entry is left. */
function startOf(pid: number): string {
  const stat = readIfAny(`/proc/${pid}/stat`);
  // The command, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? "" : (fields[19] ?? "");
}

function readIfAny(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (reason) {
    const { code } = reason as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return "";
    throw reason;
  }
}
