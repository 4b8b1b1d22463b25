/**
 * The cryptography that pure protocol code is handed, so that it needs no platform and a test can
 * hand it known randomness. Every result is the caller's.
 */
export interface Ciphers {
  randomBytes(count: number): Uint8Array;
  hmac(hash: "sha1" | "sha256", key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** AES-128-CBC of whole blocks, without padding of its own. */
  encryptAes128Cbc(key: Uint8Array, iv: Uint8Array, blocks: Uint8Array): Uint8Array;
  decryptAes128Cbc(key: Uint8Array, iv: Uint8Array, blocks: Uint8Array): Uint8Array;
  /** In a time that does not depend on where they differ. False for different lengths. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}
