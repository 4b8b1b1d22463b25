import { randomBytes } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Put a file in the place of another, durably: readers see the old one or the new one, whole. It
 * belongs to whom its directory belongs to, because root edits what an agent without root reads.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const directory = dirname(path);
  const temporary = `${path}.${randomBytes(4).toString("hex")}.new`;
  try {
    const { uid, gid } = await stat(directory);
    const file = await open(temporary, "wx", 0o640);
    try {
      if (process.getuid?.() === 0) await file.chown(uid, gid);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (reason) {
    await rm(temporary, { force: true });
    throw reason;
  }
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
