import { accessSync, constants, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A new folder whose files are in memory, for tests that write durably hundreds of times and whose point is not the
 * disk: a sync costs nothing there, and on a disk that others use as long as what they write. Where a host has no
 * such place, it is an ordinary one. Whoever makes it removes it, and closes what it had open there.
 */
export function memoryFolder(prefix: string): string {
  return mkdtempSync(join(placeInMemory(), prefix));
}

function placeInMemory(): string {
  try {
    accessSync(IN_MEMORY, constants.W_OK);
    return IN_MEMORY;
  } catch {
    return tmpdir();
  }
}

const IN_MEMORY = "/dev/shm";
