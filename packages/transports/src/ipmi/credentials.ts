import type { RakpSecrets } from "@confed/codecs";
import { ConfedError, type Secret } from "@confed/kernel";
import { IPMI_CREDENTIAL_LIMITS, type IpmiOptions } from "./ipmi-options.ts";

/** What one log-in needs, read for it and wiped after it. */
export interface IpmiCredentials {
  /** A copy, for whoever wipes it. */
  secrets(): RakpSecrets;
  /** All of it in a row, to tell whether it changed. Secret: only its hash may be kept. */
  readonly digestible: Uint8Array;
}

/** Read the secrets. Rejects as their source does, or with "invalid_argument" for one that IPMI cannot carry. */
export async function readCredentials(
  { user, password, bmcKey }: Pick<IpmiOptions, "user" | "password" | "bmcKey">,
  where: string,
): Promise<IpmiCredentials> {
  const { passwordBytesMax, bmcKeyBytesMax } = IPMI_CREDENTIAL_LIMITS;
  const [secret, key] = await Promise.all([password(), bmcKey?.()]);
  const passwordBytes = secretBytes("password", secret, passwordBytesMax, where);
  const keyBytes = key && secretBytes("bmcKey", key, bmcKeyBytesMax, where);
  // A session keeps it: a slice of Node's pool would keep 8 KiB of that.
  const name = new Uint8Array(Buffer.from(user));
  return {
    secrets: () => ({
      user: name,
      password: Uint8Array.from(passwordBytes),
      bmcKey: keyBytes && Uint8Array.from(keyBytes),
    }),
    digestible: Buffer.concat([name, SEPARATOR, passwordBytes, SEPARATOR, keyBytes ?? SEPARATOR]),
  };
}

/** Throws "invalid_argument" for more bytes than IPMI carries: cut short, it would be another one. */
export function checkCredential(subject: string, bytes: Uint8Array, bytesMax: number, where: string): void {
  if (bytes.length <= bytesMax && !bytes.includes(0)) return;
  const message = `${where}: ${subject} cannot be used with IPMI: it has ${bytes.length} bytes or a NUL`;
  const hint = `at most ${bytesMax} bytes, none of them NUL`;
  throw new ConfedError("invalid_argument", message, { subject, where, hint });
}

function secretBytes(subject: string, secret: Secret, bytesMax: number, where: string): Buffer {
  const bytes = Buffer.from(secret.reveal());
  checkCredential(subject, bytes, bytesMax, where);
  return bytes;
}

/** In no credential. */
const SEPARATOR = Uint8Array.of(0);
