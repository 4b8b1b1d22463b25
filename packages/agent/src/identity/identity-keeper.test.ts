import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, silentLogger, systemClock } from "@confed/kernel";
import { FakeClock, TestAuthority } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";
import { IdentityKeeper } from "./identity-keeper.ts";

const HOUR_MS = 3_600_000;

/** The keeper of a certificate that holds for a day from the clock's beginning on. */
function keeper() {
  const directory = mkdtempSync(join(tmpdir(), "confed-keeper-"));
  using authority = new TestAuthority();
  const { key, certificate } = authority.issue({ name: "agent/sn01" });
  mkdirSync(join(directory, "identity"), { mode: 0o700 });
  const files = { key, certificate, machines: authority.authorities, users: authority.authorities };
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(directory, "identity", `${name}.pem`), text, { mode: 0o600 });
  const clock = new FakeClock();
  // Certificates of the test are of today.
  clock.jumpWall(systemClock.wallTimeMs() + HOUR_MS - clock.wallTimeMs());
  const said: string[] = [];
  const asked: string[] = [];
  const logger: Logger = { ...silentLogger, error: (message) => said.push(message) };
  const made = IdentityKeeper.open(join(directory, "identity"), {
    clock,
    logger,
    renewAt: [{ host: "nowhere", port: 1 }],
    resolveHost: async (host) => {
      asked.push(host);
      throw new Error("no such name");
    },
  });
  onTestFinished(() => {
    made?.stop();
    rmSync(directory, { recursive: true });
  });
  return { clock, asked, said };
}

test("a certificate is not renewed before half of its life is over, and is then", async () => {
  const { clock, asked } = keeper();
  clock.advance(11 * HOUR_MS);
  await turn();
  expect(asked).toEqual([]);
  clock.advance(2 * HOUR_MS);
  await expect.poll(() => asked.length).toBe(1);
});

test("a certificate is renewed within a minute when the wall clock was wrong, or the host slept, twice", async () => {
  for (const _round of [1, 2]) {
    const { clock, asked, said } = keeper();
    clock.jumpWall(20 * HOUR_MS);
    clock.advance(59_000);
    expect(asked).toEqual([]);
    clock.advance(1_000);
    await expect.poll(() => asked).toEqual(["nowhere"]);
    await expect.poll(() => said).toEqual(["the certificate is not renewed"]);
  }
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
