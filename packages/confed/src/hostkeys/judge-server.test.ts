import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadKnownHosts } from "@confed/transports";
import { afterAll, expect, test } from "vitest";
import { type FoundKey, judgeServer } from "./judge-server.ts";

const dir = mkdtempSync(join(tmpdir(), "confed-judge-"));
afterAll(() => {
  rmSync(dir, { recursive: true });
});

const address = { host: "bmc3", port: 2200 };

/** A key in wire format: the type, then anything. */
function key(type: string, salt: number): FoundKey {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  const wire = Buffer.concat([length, Buffer.from(type), Buffer.alloc(32, salt)]);
  return {
    type,
    fingerprint: `SHA256:${salt}`,
    knownHostsLine: `[bmc3]:2200 ${type} ${wire.toString("base64")}`,
  };
}

const ed25519 = key("ssh-ed25519", 1);
const rsa = key("ssh-rsa", 2);
const forged = key("ssh-ed25519", 9);

let files = 0;
async function verdicts(known: readonly string[], found: readonly FoundKey[]): Promise<readonly string[]> {
  files += 1;
  const path = join(dir, `known_hosts.${files}`);
  writeFileSync(path, known.map((line) => `${line}\n`).join(""));
  return judgeServer(await loadKnownHosts(path), address, found).map(({ is }) => is);
}

test("keys are new when nothing is known of a server", async () => {
  expect(await verdicts([], [ed25519, rsa])).toEqual(["new", "new"]);
});

test("a key of another type is new when the server has proven a known one", async () => {
  expect(await verdicts([ed25519.knownHostsLine], [ed25519, rsa])).toEqual(["known", "new"]);
});

test("all keys have changed when the server shows none of those known", async () => {
  expect(await verdicts([ed25519.knownHostsLine], [forged, rsa])).toEqual(["changed", "changed"]);
});

test("a revoked key is never new", async () => {
  expect(await verdicts([`@revoked ${rsa.knownHostsLine}`], [ed25519, rsa])).toEqual(["new", "revoked"]);
});
