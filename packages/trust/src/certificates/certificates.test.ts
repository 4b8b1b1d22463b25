import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { Secret } from "@confed/kernel";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import {
  type Authority,
  type AuthorityFiles,
  makeAuthority,
  makeKeyPem,
  openAuthority,
} from "./authority.ts";
import { formatCertificateName, parseCertificateName } from "./certificate-name.ts";
import { makeRequest } from "./certificate-request.ts";
import { issueCertificate, MACHINE_CERTIFICATE_MS } from "./issue.ts";
import { formatJoinToken, parseJoinToken } from "./join-token.ts";
import { identifierFor } from "./peer-identity.ts";
import { isIssuedBy, parseCertificate, pinOf, readCertificate } from "./read-certificate.ts";

const NOW_MS = Date.UTC(2026, 5, 1);
const files: Partial<Record<"machines" | "users" | "other", AuthorityFiles>> = {};
let machines: Authority;
let users: Authority;
let other: Authority;

beforeAll(async () => {
  const made = { cluster: "demo", nowMs: NOW_MS };
  files.machines = await makeAuthority("machines", made);
  files.users = await makeAuthority("users", made);
  files.other = await makeAuthority("machines", made);
  machines = openAuthority("machines", files.machines, { where: "/a" });
  users = openAuthority("users", files.users, { where: "/a" });
  other = openAuthority("machines", files.other, { where: "/a" });
});

const identify = (certificate: X509Certificate) =>
  identifierFor({ machines: machines.certificatePem, users: users.certificatePem })(certificate);

async function issued(authority: Authority, kind: "head" | "agent" | "user", id: string) {
  const request = await makeRequest(makeKeyPem(), id);
  return new X509Certificate(await issueCertificate(authority, { kind, id, request, nowMs: NOW_MS }));
}

test("an agent's certificate says its kind and name, is its authority's, and holds seven days", async () => {
  const certificate = await issued(machines, "agent", "sn01");
  const { name, serial, fingerprint, notAfterMs, notBeforeMs } = readCertificate(certificate);
  expect(name).toEqual({ cluster: "demo", kind: "agent", id: "sn01" });
  expect(serial).toMatch(/^[4-7][0-9a-f]{31}$/);
  expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(notAfterMs).toBe(NOW_MS + MACHINE_CERTIFICATE_MS);
  expect(notBeforeMs).toBe(NOW_MS - 3_600_000);
  expect(identify(certificate)).toEqual({
    ...{ class: "machine", kind: "agent", id: "sn01" },
    ...{ serial, fingerprint },
  });
  expect(certificate.ca).toBe(false);
  expect(certificate.subject).toBe("O=demo\nCN=sn01");
});

test("machines may be client and server, users only clients, and authorities neither", async () => {
  const [CLIENT, SERVER] = ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"];
  // Node says "keyUsage" for the extended one.
  expect((await issued(machines, "head", "h1")).keyUsage).toEqual([CLIENT, SERVER]);
  expect((await issued(users, "user", "ann")).keyUsage).toEqual([CLIENT]);
  expect(machines.certificate.keyUsage).toBeUndefined();
  expect(machines.certificate.ca).toBe(true);
});

test("a certificate proves nothing when another authority of the same names signed it", async () => {
  const certificate = await issued(other, "agent", "sn01");
  expect(readCertificate(certificate).name).toEqual({ cluster: "demo", kind: "agent", id: "sn01" });
  expect(isIssuedBy(certificate, machines.certificate)).toBe(false);
  expect(identify(certificate)).toBeUndefined();
});

test("the authority of users makes no machine, and that of machines no user", async () => {
  await expect(issued(users, "agent", "sn01")).rejects.toMatchObject({ code: "invalid_argument" });
  await expect(issued(machines, "user", "ann")).rejects.toMatchObject({ code: "invalid_argument" });
  // As if the users' key had been stolen: what is written in does not make a machine of it.
  const posing: Authority = { ...users, role: "machines" };
  const stolen = await issued(posing, "agent", "sn01");
  expect(readCertificate(stolen).name).toMatchObject({ kind: "agent" });
  expect(identify(stolen)).toBeUndefined();
  expect(identify(await issued(users, "user", "ann"))).toMatchObject({ class: "user", id: "ann" });
});

test("an authority's own certificate, and what is signed with its key for another cluster, prove nothing", async () => {
  expect(identify(machines.certificate)).toBeUndefined();
  const elsewhere: Authority = { ...machines, cluster: "demo2" };
  expect(identify(await issued(elsewhere, "agent", "sn01"))).toBeUndefined();
});

test("an authority keeps its pin, which is that of its key", () => {
  expect(machines.pin).toBe(pinOf(createPublicKey(files.machines!.keyPem)));
  expect(machines.pin).not.toBe(other.pin);
  expect(machines.pin).toMatch(/^[0-9a-f]{64}$/);
});

test("an authority's key shows in no JSON and no text", () => {
  expect(JSON.stringify(machines)).not.toContain("PRIVATE");
  expect(String(machines.key)).toBe("[redacted]");
});

test.each([
  ["a key of another", () => ({ ...files.machines!, keyPem: files.other!.keyPem }), "do not belong together"],
  ["a torn key", () => ({ ...files.machines!, keyPem: "-----BEGIN" }), "its key cannot be read"],
  ["a torn certificate", () => ({ ...files.machines!, certificatePem: "" }), "no X.509 certificate"],
  ["the files of the other role", () => files.users!, 'that of "Confed users"'],
])("an authority with %s is refused by name", (_what, bad, why) => {
  expect(() => openAuthority("machines", bad(), { where: "/a/machines" })).toThrow(why);
});

test("an authority whose certificate is a leaf is refused", async () => {
  const keyPem = makeKeyPem();
  const request = await makeRequest(keyPem, "sn01");
  const certificatePem = await issueCertificate(machines, {
    kind: "agent",
    id: "sn01",
    request,
    nowMs: NOW_MS,
  });
  expect(() => openAuthority("machines", { certificatePem, keyPem }, { where: "/a" })).toThrow(
    "no authority's",
  );
});

test("what is no certificate is refused in words", () => {
  expect(() => parseCertificate("nothing", "the certificate of the head")).toThrow(
    "the certificate of the head cannot be read: it is no X.509 certificate",
  );
});

test("a name of a certificate reads as it was written, whatever the names are", () => {
  const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,20}(\.[A-Za-z0-9_-]{1,10}){0,3}$/);
  const cluster = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,20}$/);
  const kind = fc.constantFrom("head" as const, "agent" as const, "user" as const);
  fc.assert(
    fc.property(fc.record({ cluster, kind, id }), (name) => {
      expect(parseCertificateName(formatCertificateName(name))).toEqual(name);
    }),
  );
});

test("a text that is no name of ours is none, and none is read otherwise than it is written", () => {
  for (const uri of [
    "spiffe://demo/agent/../x",
    "spiffe://demo/agent/sn01/",
    "spiffe://demo/agent/",
    "spiffe://demo/toString/x",
    "spiffe://Demo/agent/sn01",
    "spiffe://demo/agent/sn01, URI:spiffe://demo/agent/sn02",
    "spiffe://demo/agent/sn01\n",
    "https://demo/agent/sn01",
  ])
    expect(parseCertificateName(uri), uri).toBeUndefined();
  fc.assert(
    fc.property(fc.string(), (text) => {
      const name = parseCertificateName(`spiffe://demo/${text}`);
      if (name !== undefined) expect(formatCertificateName(name)).toBe(`spiffe://demo/${text}`);
    }),
  );
});

test("a key that was made is on P-256 and in PKCS#8", () => {
  const keyPem = makeKeyPem();
  expect(keyPem).toContain("BEGIN PRIVATE KEY");
  expect(createPrivateKey(keyPem).asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
});

test("a token reads as it was written, and shows its secret in no error", () => {
  const token = { id: "0123456789ab", secret: new Secret("s".repeat(43)), pin: machines.pin };
  const text = formatJoinToken(token);
  const read = parseJoinToken(`${text}\n`);
  expect({ ...read, secret: read.secret.reveal() }).toEqual({ ...token, secret: "s".repeat(43) });
  for (const bad of [text.slice(0, -1), `${text}x`, text.replace("confed1", "confed2"), ""]) {
    const error = { code: "invalid_argument", message: expect.not.stringContaining("sss") };
    expect(() => parseJoinToken(bad)).toThrow(expect.objectContaining(error));
  }
});
