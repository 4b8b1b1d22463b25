import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { ConfedError } from "@confed/kernel";
import { generateSigningKey, importSigningKey, type SigningKey } from "@confed/trust";

/**
 * The key that this agent signs resume tokens with: in its state directory, so that they outlive a
 * restart; made when it is not there. Throws "failed_precondition" for a file that is no key.
 */
export function agentKeyIn(stateDir: string): SigningKey {
  const path = join(stateDir, "resume-key.pem");
  try {
    return importSigningKey(readOrMake(path, () => generateSigningKey().export()));
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).syscall !== undefined) throw ConfedError.from(reason);
    throw new ConfedError("failed_precondition", "this is not the key that the agent wrote", {
      where: path,
      hint: "remove it: a new one is made, and clients attach anew instead of resuming",
      cause: reason,
    });
  }
}

// The shards of a host share it, and begin at the same time: the first that is there has made it.
function readOrMake(path: string, make: () => string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code !== "ENOENT") throw reason;
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = writeFresh(path, make());
  try {
    linkSync(fresh, path);
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code !== "EEXIST") throw reason;
  } finally {
    rmSync(fresh);
  }
  return readFileSync(path, "utf8");
}

/** A file of ours alone (0600), whole or not at all, also after a power loss. */
export function writeOwn(path: string, text: string): void {
  renameSync(writeFresh(path, text), path);
}

function writeFresh(path: string, text: string): string {
  const fresh = `${path}.${randomBytes(6).toString("hex")}.new`;
  const file = openSync(fresh, "wx", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return fresh;
}
