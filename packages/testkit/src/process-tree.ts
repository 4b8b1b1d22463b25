import { readdirSync, readFileSync } from "node:fs";
import { systemClock } from "@confed/kernel";

/** A process as it was when it was looked at: a pid alone is given again to others. */
export interface ProcessId {
  readonly pid: number;
  /** Ticks since boot, field 22 of proc(5)'s stat. */
  readonly started: string;
  /** Its command line, for messages. */
  readonly command: string;
}

/** All descendants of a process, itself not among them. Needs /proc. */
export function descendantsOf(pid: number): ProcessId[] {
  return childPidsOf(pid).flatMap((child) => {
    const found = processAt(child);
    return [...(found === undefined ? [] : [found]), ...descendantsOf(child)];
  });
}

/** A process, or undefined if there is none by that number that still runs. */
export function processAt(pid: number): ProcessId | undefined {
  const fields = statOf(pid);
  const [state, started] = [fields?.[0], fields?.[19]];
  if (started === undefined || state === "Z" || state === "X") return undefined;
  const command = (readIfAny(`/proc/${pid}/cmdline`) ?? "").replaceAll("\0", " ").trim();
  return { pid, started, command };
}

/** Resolves when none of them runs any more; rejects naming those that do after `timeoutMs`. */
export async function untilGone(processes: readonly ProcessId[], timeoutMs: number): Promise<void> {
  const atMostMs = systemClock.nowMs() + timeoutMs;
  for (;;) {
    const left = processes.filter(({ pid, started }) => processAt(pid)?.started === started);
    if (left.length === 0) return;
    if (systemClock.nowMs() > atMostMs) {
      const named = left.map(({ pid, command }) => `${pid} (${command})`).join(", ");
      throw new Error(`still running after ${timeoutMs} ms: ${named}`);
    }
    // Linux tells nobody but the parent of the end of a process.
    await new Promise<void>((resolve) => {
      systemClock.after(LOOK_EVERY_MS, resolve);
    });
  }
}

const LOOK_EVERY_MS = 10;

/** Resident memory of one process; 0 if there is none. */
export function residentBytesOf(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readIfAny(`/proc/${pid}/status`) ?? "") ?? [];
  return Number(kib ?? 0) * 1024;
}

function childPidsOf(pid: number): number[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // It ended.
  }
  const listed = threads.map((thread) => readIfAny(`/proc/${pid}/task/${thread}/children`) ?? "");
  return listed.flatMap((text) => text.split(" ").filter(Boolean).map(Number));
}

/** The fields behind the name of the program, which may hold spaces and brackets. */
function statOf(pid: number): string[] | undefined {
  const stat = readIfAny(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function readIfAny(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}
