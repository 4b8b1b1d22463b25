import "reflect-metadata";
import { createPublicKey, generateKeyPairSync, webcrypto } from "node:crypto";
import {
  ChallengePasswordAttribute,
  Name,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from "@peculiar/x509";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { makeKeyPem } from "./authority.ts";
import { checkRequest, makeRequest, REQUEST_BYTES_MAX } from "./certificate-request.ts";

let good: Uint8Array;
const keyPem = makeKeyPem();

beforeAll(async () => {
  good = await makeRequest(keyPem, "sn01");
});

type Params = Parameters<(typeof Pkcs10CertificateRequestGenerator)["create"]>[0];

/** A request made by other rules than ours. */
async function made(more: Partial<Params>, algorithm: object = { name: "ECDSA", namedCurve: "P-256" }) {
  const keys = await webcrypto.subtle.generateKey(algorithm as never, true, ["sign", "verify"]);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: new Name([{ CN: ["sn01"] }]),
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    ...more,
  });
  return new Uint8Array(request.rawData);
}

test("a request gives its key when it is as it should be", async () => {
  const { publicKey } = await checkRequest(good, "sn01");
  expect(Buffer.from(publicKey)).toEqual(createPublicKey(keyPem).export({ type: "spki", format: "der" }));
  expect(good.byteLength).toBeLessThan(REQUEST_BYTES_MAX / 2);
});

test.each<[string, () => Promise<Uint8Array>, string]>([
  ["for another name", () => makeRequest(keyPem, "sn02"), "names somebody else"],
  [
    "for a longer name",
    () => made({ name: new Name([{ CN: ["sn01"] }, { O: ["x"] }]) }),
    "names somebody else",
  ],
  [
    "for two names",
    () => made({ name: new Name([{ CN: ["sn01"] }, { CN: ["sn02"] }]) }),
    "names somebody else",
  ],
  ["on another curve", () => made({}, { name: "ECDSA", namedCurve: "P-384" }), "not one on P-256"],
  [
    "with an RSA key",
    () =>
      made(
        { signingAlgorithm: { name: "RSASSA-PKCS1-v1_5" } },
        {
          name: "RSASSA-PKCS1-v1_5",
          hash: "SHA-256",
          modulusLength: 2048,
          publicExponent: Uint8Array.of(1, 0, 1),
        },
      ),
    "not one on P-256",
  ],
  [
    "signed with another hash",
    () => made({ signingAlgorithm: { name: "ECDSA", hash: "SHA-1" } }),
    "its signature",
  ],
  [
    "with names of its own choice",
    () => made({ extensions: [new SubjectAlternativeNameExtension([{ type: "dns", value: "head" }])] }),
    "asks for more",
  ],
  ["with an attribute", () => made({ attributes: [new ChallengePasswordAttribute("x")] }), "asks for more"],
  ["that is huge", () => Promise.resolve(new Uint8Array(1024 * 1024).fill(0x30)), "REQUEST_BYTES_MAX"],
  ["that is empty", () => Promise.resolve(new Uint8Array(0)), "no certificate request"],
  ["with more behind", () => Promise.resolve(Uint8Array.from([...good, 0])), "no certificate request"],
  ["that is cut short", () => Promise.resolve(good.subarray(0, -1)), "no certificate request"],
])("a request %s is refused", async (_what, request, why) => {
  const error = { code: "invalid_argument", subject: "sn01", rawMessage: expect.stringContaining(why) };
  await expect(checkRequest(await request(), "sn01")).rejects.toMatchObject(error);
});

test("a request whose key is another's is refused, for its maker has not that key", async () => {
  // The key of somebody else in place of the own one: the same length, so the rest stays well-formed.
  const spki = createPublicKey(keyPem).export({ type: "spki", format: "der" });
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const stolen = publicKey.export({ type: "spki", format: "der" });
  const at = Buffer.from(good).indexOf(spki);
  expect(at).toBeGreaterThan(0);
  const forged = Buffer.from(good);
  stolen.copy(forged, at);
  await expect(checkRequest(forged, "sn01")).rejects.toThrow("its signature does not fit its key");
});

test("a request with a point that is not on the curve is refused", async () => {
  const forged = Buffer.from(good);
  const spki = createPublicKey(keyPem).export({ type: "spki", format: "der" });
  const last = forged.indexOf(spki) + spki.byteLength - 1;
  forged[last] = (forged[last] ?? 0) ^ 1;
  await expect(checkRequest(forged, "sn01")).rejects.toThrow("not one on P-256");
});

test("a request with any byte changed is refused with words, or is for the same key still", async () => {
  const { publicKey } = await checkRequest(good, "sn01");
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const forged = Uint8Array.from(good);
      const index = at % forged.byteLength;
      forged[index] = (forged[index] ?? 0) ^ flip;
      // Some bytes say nothing, as the tag of a text: who signed, for which key and name, is never one of them.
      const outcome = await checkRequest(forged, "sn01").catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: "invalid_argument" });
      else expect(outcome).toEqual({ publicKey });
    }),
    { numRuns: 300 },
  );
});

test("any bytes at all are refused with words", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      await expect(checkRequest(bytes, "sn01")).rejects.toMatchObject({ code: "invalid_argument" });
      // The same as what looks like a request at its beginning.
      const body = Uint8Array.from([0x30, 0x81, bytes.byteLength, ...bytes]);
      await expect(checkRequest(body, "sn01")).rejects.toMatchObject({ code: "invalid_argument" });
    }),
  );
});
