import { lstatSync, readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";

/**
 * Gives back what the files below `dir` hold, and leaves the files. For five minutes after files were
 * removed, ext4 without a journal walks past each of their inodes when one is created: a thousand logs
 * of the next system would take 1.6 s instead of 10 ms.
 */
export function emptyFiles(dir: string): void {
  for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
    const path = join(dir, name);
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === true) truncateSync(path);
  }
}
