import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { type Authority, makeAuthority, openAuthority, signStatement } from "@confed/trust/certificates";
import { beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { RevokedHeads } from "./revoked-heads.ts";

let ours: Authority;
let others: Authority;
beforeAll(async () => {
  const make = async () =>
    openAuthority("machines", await makeAuthority("machines", { cluster: "test", nowMs: 0 }), {
      where: "here",
    });
  ours = await make();
  others = await make();
});

let clock: FakeClock;
let stateDir: string;
beforeEach(() => {
  clock = new FakeClock();
  stateDir = mkdtempSync(join(tmpdir(), "confed-revoked-"));
  onTestFinished(() => {
    rmSync(stateDir, { recursive: true });
  });
});

const started = () =>
  new RevokedHeads({ stateDir, authority: () => ours.certificatePem, clock, logger: silentLogger });

function said(
  revision: number,
  serials: readonly string[],
  by = ours,
  notAfterMs = clock.wallTimeMs() + 60_000,
) {
  const revoked = Buffer.from(
    JSON.stringify({ revision, revoked: serials.map((serial) => ({ head: "mn2", serial, notAfterMs })) }),
  );
  return { revoked, revokedSignature: signStatement(by, revoked) };
}

test("what the authority has signed is believed, told of, and known after a restart", () => {
  const held = started();
  let told = 0;
  held.watch(() => {
    told += 1;
  });
  expect([...held.current()]).toEqual([]);
  held.take(said(5, ["a1", "b2"]));
  expect([...held.current()]).toEqual(["a1", "b2"]);
  expect(told).toBe(1);
  expect([...started().current()]).toEqual(["a1", "b2"]);
});

test("an older list changes nothing, and no list is not an empty one", () => {
  const held = started();
  held.take(said(5, ["a1"]));
  held.take(said(4, []));
  held.take({ revoked: Buffer.alloc(0), revokedSignature: Buffer.alloc(0) });
  expect([...held.current()]).toEqual(["a1"]);
});

test("what somebody else signed, what was changed, and what is another statement of the authority is refused", () => {
  const held = started();
  held.take(said(5, ["a1"]));
  const { revoked, revokedSignature } = said(6, []);
  const other = Buffer.from(JSON.stringify({ writer: "mn1", revision: 9, digest: "", atMs: 1 }));
  for (const bad of [
    said(6, [], others),
    { revoked, revokedSignature: revokedSignature.subarray(1) },
    { revoked: Buffer.from(revoked.toString().replace("6", "7")), revokedSignature },
    { revoked: other, revokedSignature: signStatement(ours, other) },
  ])
    expect(() => {
      held.take(bad);
    }).toThrow(/authority/);
  expect([...held.current()]).toEqual(["a1"]);
});

test("a file that was changed does not count", () => {
  started().take(said(5, ["a1"]));
  writeFileSync(join(stateDir, "revoked-heads.json"), '{"body":"{}","signature":""}');
  expect([...started().current()]).toEqual([]);
  writeFileSync(join(stateDir, "revoked-heads.json"), "{");
  expect([...started().current()]).toEqual([]);
});

test("a certificate that has ended is not listed any more", () => {
  const held = started();
  held.take(said(5, ["a1"], ours, clock.wallTimeMs() + 1_000));
  clock.advance(2_000);
  expect([...held.current()]).toEqual([]);
});
