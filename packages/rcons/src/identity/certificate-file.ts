import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ConfedError } from "@confed/kernel";
import type { Env } from "./credential-file.ts";

/** A certificate of a person, and its key. PEM. */
export interface ClientCertificate {
  readonly key: string;
  readonly certificate: string;
}

/** The certificate that this person has: CONFED_CERT, or what xCAT gives its users. Undefined: none. */
export function certificatePath(env: Env): string | undefined {
  const { CONFED_CERT: own, HOME: home } = env;
  if (own !== undefined && own !== "") return own;
  if (home === undefined || home === "") return undefined;
  const xcat = join(home, ".xcat", "client-cred.pem");
  return existsSync(xcat) ? xcat : undefined;
}

/** One file with both, in any order, as xCAT's client-cred.pem is. Throws "permission_denied" for one that others can read. */
export function readCertificate(path: string): ClientCertificate {
  let text: string;
  try {
    if ((statSync(path).mode & 0o077) !== 0) {
      throw new ConfedError("permission_denied", `${path} can be read by others than you`, {
        where: path,
        hint: `chmod 600 ${path}`,
      });
    }
    text = readFileSync(path, "utf8");
  } catch (reason) {
    const error = ConfedError.from(reason);
    throw new ConfedError(error.code, error.rawMessage, { where: path, hint: error.hint, cause: reason });
  }
  const [key] = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[\s\S]+?-----END (?:[A-Z]+ )?PRIVATE KEY-----/.exec(
    text,
  ) ?? [undefined];
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (key !== undefined && certificates.length > 0)
    return { key: `${key}\n`, certificate: `${certificates.join("\n")}\n` };
  throw new ConfedError("invalid_argument", `${path} does not hold a certificate and its key`, {
    where: path,
    hint: "both in PEM, the key without a password",
  });
}
