import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Make a directory and those above it, as `mkdir -p` does. Throws the system's error for the first
 * that cannot be made. Node's own `recursive` never returns where a directory that exists takes no
 * entries, as in /proc.
 */
export function makeDirectory(path: string, mode = 0o777): void {
  if (made(path, mode)) return;
  makeDirectory(dirname(path), mode);
  // Its parent is there now: whatever is wrong this time is so for good.
  mkdirUnlessThere(path, mode);
}

/** False if it has no parent. */
function made(path: string, mode: number): boolean {
  try {
    mkdirUnlessThere(path, mode);
    return true;
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code !== "ENOENT" || dirname(path) === path) throw reason;
    return false;
  }
}

function mkdirUnlessThere(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (reason) {
    const code = (reason as NodeJS.ErrnoException).code;
    if (code !== "EEXIST" || !statSync(path).isDirectory()) throw reason;
  }
}
