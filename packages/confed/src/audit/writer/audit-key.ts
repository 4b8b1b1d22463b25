import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ConfedError, makeDirectory } from "@confed/kernel";

/**
 * The key that signs checkpoints, made when there is none. Throws "permission_denied" for one that
 * others can read.
 */
export function auditKey(path: string): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const privateKey = readKey(path) ?? makeKey(path);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

function readKey(path: string): KeyObject | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw reason;
  }
  try {
    if ((fstatSync(fd).mode & 0o077) !== 0)
      throw new ConfedError("permission_denied", `others can read ${path}, which signs the audit`, {
        subject: path,
        hint: "take it away: the next start makes another one",
      });
    return createPrivateKey(readFileSync(fd));
  } finally {
    closeSync(fd);
  }
}

function makeKey(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync("ed25519");
  makeDirectory(dirname(path), 0o700);
  let fd: number;
  try {
    fd = openSync(path, "wx", 0o600);
  } catch (reason) {
    // Another shard was faster.
    const theirs = (reason as NodeJS.ErrnoException).code === "EEXIST" ? readKey(path) : undefined;
    if (theirs === undefined) throw reason;
    return theirs;
  }
  try {
    writeFileSync(fd, privateKey.export({ type: "pkcs8", format: "pem" }));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return privateKey;
}
