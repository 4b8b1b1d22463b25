import { systemCiphers } from "@confed/kernel";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CIPHER_SUITES, type CipherSuiteId } from "./cipher-suite.ts";
import { openPacket, PAYLOAD_TYPE, parseRmcpPlus, type SessionKeys, sealPacket } from "./rmcp-plus.ts";

const SUITES = [1, 2, 3, 15, 16, 17] as const satisfies readonly CipherSuiteId[];
const LENGTHS = Array.from({ length: 301 }, (_, length) => length);
const SESSION_ID = 0x0403_0201;

describe.each(SUITES)("a packet of suite %d", (id) => {
  const keys = keysOf(id);
  const seal = (payload: Uint8Array) =>
    sealPacket(
      { payloadType: PAYLOAD_TYPE.sol, sessionId: SESSION_ID, sequence: 7, payload },
      keys,
      systemCiphers,
    );

  test("opens to what was sealed for every length from 0 to 300", () => {
    for (const length of LENGTHS) {
      const payload = Uint8Array.from({ length }, (_, at) => at * 7);
      const datagram = seal(payload);
      const packet = parseRmcpPlus(datagram);
      expect(packet).toMatchObject({
        sessionId: SESSION_ID,
        sequence: 7,
        payloadType: PAYLOAD_TYPE.sol,
        encrypted: keys.suite.encrypted,
        authenticated: keys.suite.codeBytes > 0,
      });
      expect(open(datagram, keys)).toEqual(payload);
      if (keys.suite.codeBytes > 0) expect((datagram.length - keys.suite.codeBytes) % 4).toBe(0);
    }
  });

  test("is dropped when cut short anywhere", () => {
    const datagram = seal(Uint8Array.of(1, 2, 3, 4, 5, 6, 7));
    for (let length = 0; length < datagram.length; length += 1) {
      expect(typeof open(datagram.subarray(0, length), keys)).toBe("string");
    }
  });

  test.runIf(keys.suite.codeBytes > 0)("is dropped when any bit of what the code covers is another", () => {
    const datagram = seal(Uint8Array.of(1, 2, 3, 4, 5, 6, 7));
    for (let at = 4; at < datagram.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const damaged = datagram.slice();
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        expect(typeof open(damaged, keys), `byte ${at}`).toBe("string");
      }
    }
  });
});

test("a packet without a code is dropped in a session that has codes", () => {
  const plain = sealPacket(
    { payloadType: 0, sessionId: 1, sequence: 1, payload: Uint8Array.of(1) },
    keysOf(1),
    systemCiphers,
  );
  expect(open(plain, keysOf(2))).toBe("unprotected");
  expect(open(plain, keysOf(17))).toBe("unprotected");
});

// Sealed by hand: whoever has the keys may still pad wrongly.
test.each([
  ["a pad length beyond a block", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]],
  ["a pad byte that is another", [9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 99, 14]],
  ["zeroes for a pad", [9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 14]],
])("%s is dropped as bad_pad", (_, block) => {
  const keys = keysOf(17);
  const iv = new Uint8Array(16);
  const sealed = systemCiphers.aes128Cbc(keys.cipherKey).encrypt(iv, Uint8Array.from(block));
  // An unencrypted suite of the same hash seals whatever it is given; then we say that it is encrypted.
  const plain = { ...keys, suite: CIPHER_SUITES[16] };
  const datagram = sealPacket(
    { payloadType: PAYLOAD_TYPE.ipmi, sessionId: 1, sequence: 1, payload: Buffer.concat([iv, sealed]) },
    plain,
    systemCiphers,
  );
  datagram[5] = 0xc0;
  const code = systemCiphers.hmac("sha256", keys.integrityKey, datagram.subarray(4, -16));
  datagram.set(code.subarray(0, 16), datagram.length - 16);
  expect(open(datagram, keys)).toBe("bad_pad");
});

test("whatever arrives is parsed, or dropped in words", () => {
  const keys = keysOf(17);
  const start = fc.constantFrom([], [6, 0, 255, 7, 6], [6, 0, 255, 7, 6, 0xc1, 1, 2, 3, 4]);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 400 }), (head, rest) => {
      const datagram = Uint8Array.of(...head, ...rest);
      expect(typeof open(datagram, keys)).toBe("string");
    }),
    { numRuns: 2_000 },
  );
});

function keysOf(id: CipherSuiteId): SessionKeys {
  return {
    suite: CIPHER_SUITES[id],
    integrityKey: new Uint8Array(32).fill(0x11),
    cipherKey: new Uint8Array(16).fill(0x22),
  };
}

function open(datagram: Uint8Array, keys: SessionKeys): Uint8Array | string {
  const packet = parseRmcpPlus(datagram);
  if (packet === undefined) return "malformed";
  const opened = openPacket(datagram, packet, keys, systemCiphers);
  return typeof opened === "string" ? opened : Uint8Array.from(opened);
}
