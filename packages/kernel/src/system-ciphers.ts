import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Ciphers } from "./ciphers.ts";

/** What Node has. */
export const systemCiphers: Ciphers = {
  randomBytes,
  hmac: (hash, key, bytes) => createHmac(hash, key).update(bytes).digest(),
  // Whole blocks without padding: `update` gives all of them, and `final` would give nothing.
  encryptAes128Cbc: (key, iv, blocks) =>
    createCipheriv("aes-128-cbc", key, iv).setAutoPadding(false).update(blocks),
  decryptAes128Cbc: (key, iv, blocks) =>
    createDecipheriv("aes-128-cbc", key, iv).setAutoPadding(false).update(blocks),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};
