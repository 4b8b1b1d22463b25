import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import {
  fingerprint,
  type HostAddress,
  judgeHostKey,
  knownHostsLine,
  knownKeyTypes,
  parseKnownHosts,
} from "./known-hosts.ts";

const SSH_KEYGEN = "/usr/bin/ssh-keygen";

/** `type` as ssh-keygen -t takes it; returns the public key file's "type base64". */
function makeKey(directory: string, name: string, type: string): string {
  const path = join(directory, name);
  execFileSync(SSH_KEYGEN, ["-q", "-t", type, "-N", "", "-C", "", "-f", path]);
  return readFileSync(`${path}.pub`, "utf8").trim();
}

const blob = (publicKey: string) => Buffer.from(publicKey.split(" ")[1] ?? "", "base64");
const at = (host: string, port = 22): HostAddress => ({ host, port });

// A machine without ssh-keygen has no judge to compare with.
describe.skipIf(!existsSync(SSH_KEYGEN))("known hosts (keys and hashes by ssh-keygen)", () => {
  let directory = "";
  let ed25519 = "";
  let other = "";
  let ecdsa = "";

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "confed-known-hosts-"));
    ed25519 = makeKey(directory, "a", "ed25519");
    other = makeKey(directory, "b", "ed25519");
    ecdsa = makeKey(directory, "c", "ecdsa");
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it("a key is known when a plain line names its host", () => {
    const hosts = parseKnownHosts(`# bmcs\n\nbmc1,BMC2 ${ed25519}\nfd00::2 ${other} comment here\n`);
    assert.deepEqual(judgeHostKey(hosts, at("bmc1"), blob(ed25519)), { is: "known" });
    assert.deepEqual(judgeHostKey(hosts, at("Bmc2"), blob(ed25519)), { is: "known" });
    assert.deepEqual(judgeHostKey(hosts, at("fd00::2"), blob(other)), { is: "known" });
    assert.deepEqual(judgeHostKey(hosts, at("bmc3"), blob(ed25519)), {
      is: "unknown",
      authorityLine: undefined,
    });
    assert.deepEqual(hosts.faults, []);
  });

  it("a key is known when ssh-keygen -H has hashed the names", () => {
    const path = join(directory, "hashed");
    writeFileSync(path, `bmc1 ${ed25519}\n[bmc1]:2200 ${ecdsa}\n[fd00::2]:2200,fd00::3 ${other}\n`);
    execFileSync(SSH_KEYGEN, ["-q", "-H", "-f", path], { stdio: "ignore" });
    const text = readFileSync(path, "utf8");
    assert.ok(!text.includes("bmc1"));
    const hosts = parseKnownHosts(text);
    assert.deepEqual(hosts.faults, []);
    assert.deepEqual(judgeHostKey(hosts, at("bmc1"), blob(ed25519)), { is: "known" });
    assert.deepEqual(judgeHostKey(hosts, at("bmc1", 2200), blob(ecdsa)), { is: "known" });
    assert.deepEqual(judgeHostKey(hosts, at("fd00::2", 2200), blob(other)), { is: "known" });
    assert.deepEqual(judgeHostKey(hosts, at("fd00::3"), blob(other)), { is: "known" });
    assert.equal(judgeHostKey(hosts, at("bmc4"), blob(ed25519)).is, "unknown");
  });

  it("a line that we write is found by ssh-keygen -F", () => {
    const path = join(directory, "written");
    writeFileSync(
      path,
      `${knownHostsLine(at("fd00::2", 2200), blob(ed25519))}\n${knownHostsLine(at("bmc1"), blob(other))}\n`,
    );
    for (const name of ["[fd00::2]:2200", "bmc1"]) {
      const found = execFileSync(SSH_KEYGEN, ["-F", name, "-f", path], { encoding: "utf8" });
      assert.match(found, /ssh-ed25519/);
    }
  });

  it("the fingerprint is the one that ssh-keygen -l prints", () => {
    const line = execFileSync(SSH_KEYGEN, ["-l", "-f", join(directory, "a.pub")], { encoding: "utf8" });
    assert.equal(line.split(" ")[1], fingerprint(blob(ed25519)));
  });

  it("a key is changed when the host is known with another key of any type", () => {
    const hosts = parseKnownHosts(`bmc1 ${ed25519}\n`);
    const verdict = judgeHostKey(hosts, at("bmc1"), blob(other));
    assert.ok(verdict.is === "changed");
    assert.deepEqual(
      verdict.known.map((entry) => [entry.line, fingerprint(entry.key)]),
      [[1, fingerprint(blob(ed25519))]],
    );
    assert.equal(judgeHostKey(hosts, at("bmc1"), blob(ecdsa)).is, "changed");
  });

  it("an entry without a port vouches for its own key on every port, and for no other", () => {
    const hosts = parseKnownHosts(`bmc1 ${ed25519}\n`);
    assert.equal(judgeHostKey(hosts, at("bmc1", 2200), blob(ed25519)).is, "known");
    assert.equal(judgeHostKey(hosts, at("bmc1", 2200), blob(other)).is, "unknown");
    assert.deepEqual(knownKeyTypes(hosts, at("bmc1", 2200)), ["ssh-ed25519"]);
  });

  it("patterns match with *, ? and negation", () => {
    const hosts = parseKnownHosts(`*.rack1,!bad.rack1 ${ed25519}\n[bmc?]:22* ${other}\n`);
    assert.equal(judgeHostKey(hosts, at("n1.rack1"), blob(ed25519)).is, "known");
    assert.equal(judgeHostKey(hosts, at("bad.rack1"), blob(ed25519)).is, "unknown");
    assert.equal(judgeHostKey(hosts, at("bmc7", 2201), blob(other)).is, "known");
    assert.equal(judgeHostKey(hosts, at("bmc77", 2201), blob(other)).is, "unknown");
    const slow = parseKnownHosts(`${"*a".repeat(400)}*b ${ed25519}\n`);
    assert.equal(judgeHostKey(slow, at("a".repeat(2000)), blob(ed25519)).is, "unknown");
  });

  it("a revoked key is refused although another line knows it", () => {
    const hosts = parseKnownHosts(`bmc1 ${ed25519}\n@revoked * ${ed25519}\n`);
    assert.deepEqual(judgeHostKey(hosts, at("bmc1"), blob(ed25519)), { is: "revoked", line: 2 });
  });

  it("a certificate authority is said, not used", () => {
    const hosts = parseKnownHosts(`@cert-authority *.rack1 ${ed25519}\n`);
    assert.deepEqual(judgeHostKey(hosts, at("n1.rack1"), blob(ed25519)), { is: "unknown", authorityLine: 1 });
    assert.deepEqual(knownKeyTypes(hosts, at("n1.rack1")), []);
  });

  it("the types of known keys come in the order of the file", () => {
    const hosts = parseKnownHosts(`bmc1 ${ecdsa}\nbmc1 ${ed25519}\n`);
    assert.deepEqual(knownKeyTypes(hosts, at("bmc1")), ["ecdsa-sha2-nistp256", "ssh-ed25519"]);
  });

  it("lines that cannot be read are named and do not hide the others", () => {
    const hosts = parseKnownHosts(
      [
        "bmc1",
        "bmc1 ssh-ed25519 AAAA",
        `|1|bad ${ed25519}`,
        `@what bmc1 ${ed25519}`,
        `bmc1 ssh-rsa ${ed25519.split(" ")[1] ?? ""}`,
        `bmc1 ${ed25519}`,
      ].join("\r\n"),
    );
    assert.deepEqual(
      hosts.faults.map(({ line }) => line),
      [1, 2, 3, 4, 5],
    );
    assert.equal(judgeHostKey(hosts, at("bmc1"), blob(ed25519)).is, "known");
  });
});
