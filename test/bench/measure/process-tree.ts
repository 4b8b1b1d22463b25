import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { systemClock } from "@confed/kernel";

/** Every process of these trees that runs now, the first ones included. Needs /proc. */
export function treeOf(pids: readonly number[]): number[] {
  return pids.flatMap((pid) => {
    if (read(`/proc/${pid}/stat`) === undefined) return [];
    const threads = list(`/proc/${pid}/task`);
    const children = threads.flatMap((thread) =>
      (read(`/proc/${pid}/task/${thread}/children`) ?? "").split(" ").filter(Boolean).map(Number),
    );
    return [pid, ...treeOf(children)];
  });
}

/** What the trees have used so far, user and system, with children that ended and were waited for. */
export function cpuSecondsOf(pids: readonly number[], withChildren = true): number {
  let ticks = 0;
  for (const pid of withChildren ? treeOf(pids) : pids) {
    const stat = read(`/proc/${pid}/stat`) ?? "";
    // utime, stime, cutime, cstime: fields 14 to 17 of proc(5), counted behind the program's name.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  }
  return ticks / TICKS_PER_SECOND;
}

/** How much of a core the tree of `pid` uses while `body` runs. */
export async function cpuPercentOf(pid: number, body: () => Promise<void>): Promise<number> {
  const before = { cpu: cpuSecondsOf([pid]), ms: systemClock.nowMs() };
  await body();
  return (100_000 * (cpuSecondsOf([pid]) - before.cpu)) / (systemClock.nowMs() - before.ms);
}

/** USER_HZ, which Linux gives to user space on all machines that Node runs on. */
const TICKS_PER_SECOND = 100;

export interface TreeSize {
  readonly processes: number;
  readonly pssMib: number;
  readonly rssMib: number;
  readonly descriptors: number;
}

/** Memory and descriptors of all of it. PSS needs to be the same user, or root. */
export function sizeOf(pids: readonly number[]): TreeSize {
  const tree = treeOf(pids);
  const kib = (pid: number, key: string) =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(read(`/proc/${pid}/smaps_rollup`) ?? "")?.[1] ?? 0);
  const sum = (of: (pid: number) => number) => tree.reduce((all, pid) => all + of(pid), 0);
  return {
    processes: tree.length,
    pssMib: sum((pid) => kib(pid, "Pss")) / 1024,
    rssMib: sum((pid) => kib(pid, "Rss")) / 1024,
    descriptors: sum((pid) => list(`/proc/${pid}/fd`).length),
  };
}

/** Those that run this program: `log-writer`, `confed.mjs agent`. */
export function treeLike(pids: readonly number[], part: string): number[] {
  return treeOf(pids).filter((pid) =>
    (read(`/proc/${pid}/cmdline`) ?? "").replaceAll("\0", " ").includes(part),
  );
}

/** Whether these are Node processes, which can be looked into. */
export function nodeProcesses(pids: readonly number[]): number[] {
  return treeOf(pids).filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/exe`) === process.execPath;
    } catch {
      return false;
    }
  });
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}
