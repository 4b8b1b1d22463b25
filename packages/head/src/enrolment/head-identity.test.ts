import { X509Certificate } from "node:crypto";
import { silentLogger } from "@confed/kernel";
import { FakeClock, MemoryStore } from "@confed/testkit";
import { makeAuthority, openAuthority } from "@confed/trust/certificates";
import { expect, onTestFinished, test } from "vitest";
import { Enrolment } from "./enrolment.ts";
import { headIdentity } from "./head-identity.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

async function identity() {
  const clock = new FakeClock();
  const open = async (role: "machines" | "users") => {
    const nowMs = clock.wallTimeMs() - 365 * DAY_MS;
    return openAuthority(role, await makeAuthority(role, { cluster: "demo", nowMs }), { where: role });
  };
  const authorities = { machines: await open("machines"), users: await open("users") };
  const audit = {
    event: () => undefined,
    alarm: () => undefined,
    recorded: () => Promise.resolve(),
    trouble: undefined,
  };
  const { machines } = new Enrolment({
    ...{ store: new MemoryStore(), authorities, clock, audit },
    logger: silentLogger,
  });
  const made = await headIdentity({
    ...{ authorities, machines, clock, head: "h1", logger: silentLogger },
    onMachines: () => () => undefined,
  });
  onTestFinished(() => {
    made.stop();
    expect(clock.pending).toBe(0);
  });
  const certificate = () => made.current().certificate;
  return {
    clock,
    certificate,
    holds: () => {
      const { validFrom, validTo } = new X509Certificate(certificate());
      return Date.parse(validFrom) <= clock.wallTimeMs() && clock.wallTimeMs() < Date.parse(validTo);
    },
    /** Told to whoever uses it. */
    renewed: () => new Promise<void>((resolve) => void made.watch(resolve)),
  };
}

test("a head renews its certificate at half of its life, and not before, twice", async () => {
  const { clock, certificate, holds, renewed } = await identity();
  for (const _round of [1, 2]) {
    const before = certificate();
    clock.advance(3 * DAY_MS);
    await turn();
    expect(certificate()).toBe(before);
    const next = renewed();
    clock.advance(12 * HOUR_MS);
    await next;
    expect(certificate()).not.toBe(before);
    expect(holds()).toBe(true);
  }
});

test.each([
  ["forward", 400 * DAY_MS],
  ["back", -2 * HOUR_MS],
])(
  "a head has a certificate that holds a minute after its wall clock was set %s, twice",
  async (_way, byMs) => {
    const { clock, holds, renewed } = await identity();
    for (const _round of [1, 2]) {
      const next = renewed();
      clock.jumpWall(byMs);
      expect(holds()).toBe(false);
      clock.advance(60_000);
      await next;
      expect(holds()).toBe(true);
    }
  },
);

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
