import { invariant } from "@confed/kernel";
import ssh2 from "ssh2";

/** A key pair in OpenSSH's form. */
export interface SshKeyPair {
  readonly private: string;
  readonly public: string;
}

/**
 * A new ed25519 key pair that can be read again. One in 256 of those that ssh2 makes cannot: it strips
 * leading zeros that belong to the key (https://github.com/mscdex/ssh2/issues/1390).
 */
export function makeSshKeyPair(): SshKeyPair {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519");
    const isReadable = [pair.private, pair.public].every(
      (key) => !(ssh2.utils.parseKey(key) instanceof Error),
    );
    if (isReadable) return pair;
  }
  invariant(false, "ssh2 makes readable keys 255 times of 256");
}

const ATTEMPTS_MAX = 16;
