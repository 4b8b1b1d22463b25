import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { ConfedError, Secret } from "@confed/kernel";

/** Where a secret is. Configuration never holds the secret itself. */
export type SecretRef = { readonly file: string } | { readonly env: string };

/** What resolving needs from the process; given by the entry point. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** 64 KiB: a private key of any kind fits, a wrong path to a log does not. */
const SECRET_BYTES_MAX = 64 * 1024;

/**
 * Fetch a secret, at the moment it is used, so that a changed file counts at the next login.
 * Without the line feed that editors leave at the end. Rejects with "not_found",
 * "permission_denied" (unreadable, or readable by others) or "invalid_argument" (empty, too long);
 * the error names the reference, never the content.
 */
export async function resolveSecret(ref: SecretRef, { env, signal }: SecretSources): Promise<Secret> {
  signal.throwIfAborted();
  const text = "env" in ref ? readVariable(ref.env, env) : await readPrivateFile(ref.file, signal);
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "")
    throw new ConfedError("invalid_argument", `the secret ${nameOf(ref)} is empty`, { where: nameOf(ref) });
  return new Secret(secret);
}

function readVariable(name: string, env: SecretSources["env"]): string {
  const text = env[name];
  if (text !== undefined) return text;
  throw new ConfedError("not_found", `the environment variable ${name} is not set`, {
    where: nameOf({ env: name }),
  });
}

async function readPrivateFile(path: string, signal: AbortSignal): Promise<string> {
  const where = path;
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { mode, uid, size } = await file.stat();
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) {
      throw new ConfedError("invalid_argument", `the secret file ${path} is not a regular file`, { where });
    }
    if (!isPrivate(mode, uid)) {
      const octal = (mode & 0o777).toString(8).padStart(4, "0");
      throw new ConfedError(
        "permission_denied",
        `the secret file ${path} has mode ${octal}: others can read it`,
        {
          where,
          hint: `chmod 0600 ${path}`,
        },
      );
    }
    if (size > SECRET_BYTES_MAX) {
      throw new ConfedError(
        "invalid_argument",
        `the secret file ${path} is longer than ${SECRET_BYTES_MAX} bytes`,
        { where },
      );
    }
    return await file.readFile({ encoding: "utf8", signal });
  } catch (reason) {
    if (reason instanceof ConfedError) throw reason;
    const error = ConfedError.from(signal.aborted ? signal.reason : reason);
    const code = error.code === "device_missing" ? "not_found" : error.code;
    throw new ConfedError(code, `the secret file ${path} cannot be read: ${error.rawMessage}`, {
      where,
      cause: reason,
    });
  }
}

/**
 * Nobody but the owner; or, as for systemd's credentials, root's file that its group may read
 * while we are not root.
 */
function isPrivate(mode: number, ownerUid: number): boolean {
  if ((mode & 0o077) === 0) return true;
  return (mode & 0o077) === 0o040 && ownerUid === 0 && process.geteuid?.() !== 0;
}

function nameOf(ref: SecretRef): string {
  return "env" in ref ? `environment variable ${ref.env}` : ref.file;
}
