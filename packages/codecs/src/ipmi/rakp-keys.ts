import type { Ciphers } from "@confed/kernel";
import type { CipherSuite } from "./cipher-suite.ts";
import { concatBytes, writeUint32 } from "./little-endian.ts";
import type { SessionKeys } from "./rmcp-plus.ts";

/** What both ends know beforehand. */
export interface RakpSecrets {
  /** At most 16 bytes. */
  readonly user: Uint8Array;
  /** At most 20 bytes. */
  readonly password: Uint8Array;
  /** The BMC's own key, where it has one: at most 20 bytes. */
  readonly bmcKey: Uint8Array | undefined;
}

/** What both ends have said to each other in Open Session and RAKP 1 and 2. */
export interface RakpExchange {
  readonly suite: CipherSuite;
  readonly consoleSessionId: number;
  readonly bmcSessionId: number;
  readonly consoleRandom: Uint8Array;
  readonly bmcRandom: Uint8Array;
  readonly guid: Uint8Array;
  /** The very byte of RAKP 1; an Intel 82571 leaves its bit 4 out. */
  readonly role: number;
}

/** What follows from both: the proofs, and the keys. */
export interface RakpResult {
  /** Of RAKP 2: whoever sends it knows the password. */
  readonly rakp2Code: Uint8Array;
  /** Of RAKP 3: likewise. */
  readonly rakp3Code: Uint8Array;
  /** Of RAKP 4: whoever sends it has the session's keys, and so the BMC's key. */
  readonly rakp4Code: Uint8Array;
  readonly keys: SessionKeys;
}

const CONSTANT_BYTES = 20;
const CIPHER_KEY_BYTES = 16;
const NOTHING = new Uint8Array(0);

/**
 * Proofs and keys of one exchange; IPMI 2.0, 13.31 and 13.32. Six HMACs. Suite 0 has neither proofs
 * nor keys.
 */
export function deriveRakp(exchange: RakpExchange, secrets: RakpSecrets, ciphers: Ciphers): RakpResult {
  const { suite, consoleRandom, bmcRandom, guid, role } = exchange;
  const { hash } = suite;
  if (hash === undefined) {
    const keys = { suite, integrityKey: NOTHING, cipherKey: NOTHING };
    return { rakp2Code: NOTHING, rakp3Code: NOTHING, rakp4Code: NOTHING, keys };
  }
  const { user, password, bmcKey = password } = secrets;
  const consoleId = sessionIdBytes(exchange.consoleSessionId);
  const bmcId = sessionIdBytes(exchange.bmcSessionId);
  const who = concatBytes(Uint8Array.of(role, user.length), user);
  const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]) =>
    ciphers.hmac(hash, key, concatBytes(...parts));

  const sessionKey = hmac(bmcKey, consoleRandom, bmcRandom, who);
  // By SHA-256 as well the constants are 20 bytes long.
  const derived = (constant: number) => hmac(sessionKey, new Uint8Array(CONSTANT_BYTES).fill(constant));
  return {
    rakp2Code: hmac(password, consoleId, bmcId, consoleRandom, bmcRandom, guid, who),
    rakp3Code: hmac(password, bmcRandom, consoleId, who),
    // Truncated by the hash: a suite without integrity still has this code.
    rakp4Code: hmac(sessionKey, consoleRandom, bmcId, guid).subarray(0, hash === "sha1" ? 12 : 16),
    // Copies: a session keeps them, and small arrays need no memory of their own.
    keys: {
      suite,
      integrityKey: new Uint8Array(derived(1)),
      cipherKey: new Uint8Array(derived(2).subarray(0, CIPHER_KEY_BYTES)),
    },
  };
}

function sessionIdBytes(sessionId: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeUint32(bytes, 0, sessionId);
  return bytes;
}
