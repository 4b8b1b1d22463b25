import { readFileSync } from "node:fs";

/** Of an agent, beside one a console: viewers, heads, the writer, logs being read. */
export const DESCRIPTORS_BESIDE_CONSOLES = 512;

/**
 * What to say when this process may not open enough descriptors for so many consoles, or undefined
 * if it may. `limits` is /proc/self/limits.
 */
export function descriptorWarning(consoles: number, limits: string | undefined): string | undefined {
  const allowed = descriptorsMax(limits);
  const needed = consoles + DESCRIPTORS_BESIDE_CONSOLES;
  if (!(allowed < needed)) return undefined;
  return `this process may open ${allowed} files, ${consoles} consoles need about ${needed}: raise ulimit -n (LimitNOFILE= of systemd)`;
}

/** How many descriptors it may open; Infinity where nothing says so. `limits` is /proc/self/limits. */
export function descriptorsMax(limits: string | undefined): number {
  const [, soft] = /^Max open files\s+(\S+)/m.exec(limits ?? "") ?? [];
  return soft === undefined || soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}

/** The limits of this process, or undefined where the kernel does not tell. */
export function readLimits(): string | undefined {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    return undefined; // Not Linux.
  }
}
