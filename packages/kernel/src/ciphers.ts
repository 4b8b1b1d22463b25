/**
 * The cryptography that pure protocol code is handed, so that it needs no platform and a test can
 * hand it known randomness. Every result is the caller's.
 */
export interface Ciphers {
  randomBytes(count: number): Uint8Array;
  hmac(hash: "sha1" | "sha256", key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** AES-128-CBC with this key, for many messages. */
  aes128Cbc(key: Uint8Array): Aes128Cbc;
  /** In a time that does not depend on where they differ. False for different lengths. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}

/** One key of AES-128-CBC in use: whole blocks, at least one, without padding of its own. */
export interface Aes128Cbc {
  encrypt(iv: Uint8Array, blocks: Uint8Array): Uint8Array;
  decrypt(iv: Uint8Array, blocks: Uint8Array): Uint8Array;
}
