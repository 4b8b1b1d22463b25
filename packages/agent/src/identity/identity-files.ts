import { createPrivateKey, type X509Certificate } from "node:crypto";
import { chownSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfedError, makeDirectory } from "@confed/kernel";
import { parseCertificate, readCertificate } from "@confed/trust";

/** The identity of a machine, as its files hold it. All PEM. */
export interface IdentityFiles {
  readonly key: string;
  readonly certificate: string;
  /** The authorities of the cluster. */
  readonly machines: string;
  readonly users: string;
  readonly kind: "agent" | "head";
  readonly id: string;
  /** When the certificate was given, and when it ends. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** What a head gave for a request. */
export interface Given {
  readonly certificate: string;
  readonly machines: string;
  readonly users: string;
}

/** Where the identity of the machine with this state directory is. */
export function identityDirectory(stateDir: string): string {
  return join(stateDir, "identity");
}

/** Undefined where there is none. Throws "invalid_argument" or "permission_denied" for one that cannot be used. */
export function readIdentity(directory: string): IdentityFiles | undefined {
  if (!existsSync(join(directory, CERTIFICATE))) return undefined;
  const certificate = readPart(directory, CERTIFICATE);
  const x509 = parseCertificate(certificate, `the certificate in ${directory}`);
  const key = keyFor(directory, x509);
  const { name, notBeforeMs, notAfterMs } = readCertificate(x509);
  if (key === undefined || name === undefined || name.kind === "user") {
    throw new ConfedError(
      "invalid_argument",
      `the identity in ${directory} cannot be used: its key and its certificate do not belong together`,
      {
        subject: directory,
        hint: "enrol this machine anew: confed agent enroll --head HEAD --token TOKEN",
      },
    );
  }
  const { kind, id } = name;
  return {
    ...{ key, certificate, kind, id, notBeforeMs, notAfterMs },
    ...{ machines: readPart(directory, "machines.pem"), users: readPart(directory, "users.pem") },
  };
}

/**
 * The key for the next request: that of an earlier try whose answer never came, or else what `make` gives. It is on the disk
 * before anybody is asked, so that it is the same when this process dies.
 */
export function nextKey(directory: string, make: () => string): string {
  makeDirectory(directory, 0o700);
  owned(directory, directory);
  const path = join(directory, NEXT_KEY);
  if (existsSync(path)) return readPart(directory, NEXT_KEY);
  const key = make();
  replace(directory, NEXT_KEY, key);
  return key;
}

/** Another key is to be asked for: what was kept of an earlier try is not. */
export function forgetNextKey(directory: string): void {
  rmSync(join(directory, NEXT_KEY), { force: true });
}

/** Take up what was given for {@link nextKey}. Whole after any kill: the certificate says which key is its own. */
export function adopt(directory: string, { certificate, machines, users }: Given): void {
  replace(directory, "machines.pem", machines);
  replace(directory, "users.pem", users);
  replace(directory, CERTIFICATE, certificate);
  renameSync(join(directory, NEXT_KEY), join(directory, KEY));
}

/** The key of the certificate; one that was renewed as the process died is put in its place. */
function keyFor(directory: string, certificate: X509Certificate): string | undefined {
  const fits = (name: string) => {
    if (!existsSync(join(directory, name))) return undefined;
    const pem = readPart(directory, name);
    return certificate.checkPrivateKey(createPrivateKey(pem)) ? pem : undefined;
  };
  const key = fits(KEY);
  if (key !== undefined) return key;
  const next = fits(NEXT_KEY);
  if (next !== undefined) renameSync(join(directory, NEXT_KEY), join(directory, KEY));
  return next;
}

function readPart(directory: string, name: string): string {
  const path = join(directory, name);
  try {
    const text = readFileSync(path, "utf8");
    if (name.endsWith("key.pem") && (statSync(path).mode & 0o077) !== 0) {
      throw new ConfedError("permission_denied", `${path} can be read by others than its owner`, {
        where: path,
        hint: `chmod 600 ${path}; if others could read it, enrol this machine anew`,
      });
    }
    return text;
  } catch (reason) {
    const error = ConfedError.from(reason);
    if (reason === error) throw error;
    throw new ConfedError(error.code, `the identity cannot be read: ${error.rawMessage}`, {
      where: path,
      hint: "it belongs to the user that runs the agent or head; enrol the machine anew if it is lost",
      cause: reason,
    });
  }
}

function replace(directory: string, name: string, text: string): void {
  const path = join(directory, name);
  writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
  owned(`${path}.new`, directory);
  renameSync(`${path}.new`, path);
}

/** Root enrols, the agent's own user reads: all belongs to whom the state directory belongs. */
function owned(path: string, directory: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(join(directory, ".."));
  chownSync(path, uid, gid);
}

const KEY = "key.pem";
const NEXT_KEY = "next-key.pem";
const CERTIFICATE = "certificate.pem";
