import type { KeyObject } from "node:crypto";
import { closeSync, constants, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Put the key that checkpoints are verified with beside the records, named by its id; there already,
 * it stays. Whoever copies the directory can verify it, and knows by the id whom to believe.
 */
export function publishKey(directory: string, publicKey: KeyObject, id: string): void {
  const path = join(directory, `key-${id.replace("SHA256:", "").slice(0, 16)}.pem`);
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  let fd: number;
  try {
    fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "EEXIST") return;
    throw reason;
  }
  try {
    writeFileSync(fd, publicKey.export({ type: "spki", format: "pem" }));
  } finally {
    closeSync(fd);
  }
}
