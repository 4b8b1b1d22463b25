import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import { TestAuthority } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";
import { ClientIdentity } from "./client-identity.ts";

test("an agent is dialled without a certificate when the file of one is gone, and its head is told which", () => {
  const directory = mkdtempSync(join(tmpdir(), "identity-"));
  const authority = new TestAuthority();
  onTestFinished(() => {
    authority[Symbol.dispose]();
    rmSync(directory, { recursive: true });
  });
  const path = join(directory, "credentials.json");
  const gone = join(directory, "gone.pem");
  const known = { authority: authority.certificateOf("machines").toString(), certificate: gone };
  writeFileSync(path, JSON.stringify({ version: 1, heads: { "10.0.0.1:7100": known } }), { mode: 0o600 });
  const identity = new ClientIdentity({ CONFED_CREDENTIALS: path }, systemClock);
  const { tls } = identity.toAgent({ host: "127.0.0.1", port: 7110 })!;
  expect(tls.provider.current().certificate).toBeUndefined();
  expect(() => identity.toHead({ host: "10.0.0.1", port: 7100 })).toThrow(/gone\.pem/);
});
