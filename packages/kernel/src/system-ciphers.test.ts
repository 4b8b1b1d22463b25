import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { systemCiphers } from "./system-ciphers.ts";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));

// RFC 2202 case 2 and RFC 4231 case 2: the same key and text.
test.each([
  ["sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"],
  ["sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"],
] as const)("the HMAC by %s is that of its RFC", (hash, expected) => {
  const code = systemCiphers.hmac(hash, Buffer.from("Jefe"), Buffer.from("what do ya want for nothing?"));
  expect(Buffer.from(code).toString("hex")).toBe(expected);
});

// Node's own HMAC, which is another way to the same code; a key as long as a block and longer ones.
test.each([0, 20, 63, 64, 65, 200])("the HMAC with a key of %d bytes is that of Node", (keyBytes) => {
  const key = Buffer.alloc(keyBytes, 0xa7);
  for (const hash of ["sha1", "sha256"] as const) {
    for (const length of [0, 1, 64, 1_000]) {
      const message = Buffer.alloc(length, 0x5a);
      const expected = createHmac(hash, key).update(message).digest("hex");
      expect(Buffer.from(systemCiphers.hmac(hash, key, message)).toString("hex")).toBe(expected);
    }
  }
});

// NIST SP 800-38A, F.2.1 and F.2.2: the first two blocks.
test("AES-128-CBC is that of NIST both ways", () => {
  const key = bytes("2b7e151628aed2a6abf7158809cf4f3c");
  const iv = bytes("000102030405060708090a0b0c0d0e0f");
  const plain = bytes("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
  const sealed = bytes("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2");
  const cbc = systemCiphers.aes128Cbc(key);
  // The second message of a key is not mixed with the first.
  for (const _ of ["once", "and again"]) {
    expect(Uint8Array.from(cbc.encrypt(iv, plain))).toEqual(sealed);
    expect(Uint8Array.from(cbc.decrypt(iv, sealed))).toEqual(plain);
    expect(Uint8Array.from(cbc.encrypt(sealed, plain))).not.toEqual(sealed);
    expect(Uint8Array.from(cbc.decrypt(plain, sealed))).not.toEqual(plain);
  }
});

test("equal is false for another length and another byte", () => {
  expect(systemCiphers.equal(bytes("0102"), bytes("0102"))).toBe(true);
  expect(systemCiphers.equal(bytes("0102"), bytes("0103"))).toBe(false);
  expect(systemCiphers.equal(bytes("0102"), bytes("010203"))).toBe(false);
});
