import {
  type Cipher,
  createCipheriv,
  createDecipheriv,
  type Decipher,
  hash,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import type { Aes128Cbc, Ciphers } from "./ciphers.ts";

/**
 * What Node has, used so that a message leaves nothing behind: an object of OpenSSL for each would stay
 * until V8 looks for garbage, and V8 does not know what it weighs.
 */
export const systemCiphers: Ciphers = {
  randomBytes,
  hmac,
  aes128Cbc: (key) => new KeptAes128Cbc(key),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};

/** Of SHA-1 and of SHA-256. */
const HASH_BLOCK_BYTES = 64;

/** RFC 2104, by two hashes that are over when they return. Long messages cost a copy. */
function hmac(name: "sha1" | "sha256", key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const short = key.length <= HASH_BLOCK_BYTES ? key : hash(name, key, "buffer");
  const inner = keyed(short, 0x36, bytes);
  return hash(name, keyed(short, 0x5c, hash(name, inner, "buffer")), "buffer");
}

function keyed(key: Uint8Array, pad: number, bytes: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(HASH_BLOCK_BYTES + bytes.length).fill(pad, 0, HASH_BLOCK_BYTES);
  for (let at = 0; at < key.length; at += 1) message[at] = pad ^ (key[at] ?? 0);
  message.set(bytes, HASH_BLOCK_BYTES);
  return message;
}

/**
 * Two streams of OpenSSL that never end. CBC mixes each block with the encrypted one before it; that one is
 * known here, so that it can be taken out again, and the message's own IV put in.
 */
class KeptAes128Cbc implements Aes128Cbc {
  readonly #key: Uint8Array;
  #cipher: Cipher | undefined;
  #decipher: Decipher | undefined;
  #encrypted: Uint8Array = ZEROS;
  #decrypted: Uint8Array = ZEROS;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  encrypt(iv: Uint8Array, blocks: Uint8Array): Uint8Array {
    this.#cipher ??= createCipheriv("aes-128-cbc", this.#key, ZEROS).setAutoPadding(false);
    const sealed = this.#cipher.update(mixed(blocks, iv, this.#encrypted));
    this.#encrypted = Uint8Array.from(sealed.subarray(-AES_BLOCK_BYTES));
    return sealed;
  }

  decrypt(iv: Uint8Array, blocks: Uint8Array): Uint8Array {
    this.#decipher ??= createDecipheriv("aes-128-cbc", this.#key, ZEROS).setAutoPadding(false);
    const opened = mixed(this.#decipher.update(blocks), iv, this.#decrypted);
    this.#decrypted = Uint8Array.from(blocks.subarray(-AES_BLOCK_BYTES));
    return opened;
  }
}

const AES_BLOCK_BYTES = 16;
const ZEROS = new Uint8Array(AES_BLOCK_BYTES);

/** A copy whose first block is mixed with both. */
function mixed(blocks: Uint8Array, a: Uint8Array, b: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(blocks);
  for (let at = 0; at < AES_BLOCK_BYTES; at += 1) copy[at] = (copy[at] ?? 0) ^ (a[at] ?? 0) ^ (b[at] ?? 0);
  return copy;
}
