import { readFileSync } from "node:fs";

/** What the kernel lets a group of processes use, and what they use of it that it cannot take back. */
export interface MemoryUse {
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/**
 * The memory of this process, its children and whoever shares their control group (cgroups(7)), of
 * either version; undefined where nothing limits it. Caches of files are not counted: the kernel takes
 * them back by itself. Reads a few small files that never wait for a disk.
 */
export function cgroupMemory(): MemoryUse | undefined {
  const groups = readText("/proc/self/cgroup");
  const [, first] = /^\d+:[^:\n]*\bmemory\b[^:\n]*:(.*)$/m.exec(groups) ?? [];
  if (first !== undefined) {
    const path = groupIn("/sys/fs/cgroup/memory", first);
    const stat = statOf(path);
    const files = field(stat, "total_active_file") + field(stat, "total_inactive_file");
    return use(number(path, "usage_in_bytes") - files, field(stat, "hierarchical_memory_limit"));
  }
  const [, second] = /^0::(.*)$/m.exec(groups) ?? [];
  if (second === undefined) return undefined;
  const path = groupIn("/sys/fs/cgroup", second);
  const stat = statOf(path);
  const files = field(stat, "active_file") + field(stat, "inactive_file");
  return use(number(path, "current") - files, number(path, "max"));
}

// A container may be shown its own group as the root.
function groupIn(root: string, group: string): string {
  const path = `${root}${group}`;
  return statOf(path) === "" ? root : path;
}

const statOf = (path: string): string => readText(`${path}/memory.stat`);

const number = (path: string, name: string): number =>
  Number.parseInt(readText(`${path}/memory.${name}`), 10);

function field(stat: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(stat)?.[1] ?? Number.NaN);
}

function use(usedBytes: number, limitBytes: number): MemoryUse | undefined {
  const known = Number.isFinite(usedBytes) && Number.isFinite(limitBytes) && limitBytes < UNLIMITED_BYTES;
  return known ? { usedBytes, limitBytes } : undefined;
}

/** What the first version calls no limit is a little less than 2^63. */
const UNLIMITED_BYTES = 2 ** 60;

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // No such file: not Linux, or the other version.
  }
}
