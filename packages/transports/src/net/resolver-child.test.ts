import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConfedError, silentLogger } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { afterEach, expect, test, vi } from "vitest";
import type { Address } from "./address.ts";
import { LOOKUP_LIMITS, ResolverChild } from "./resolver-child.ts";

const releases: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

/** A child that runs `source` in the place of getaddrinfo. */
async function rig(source: string) {
  const directory = await mkdtemp(join(tmpdir(), "confed-resolver-"));
  releases.push(() => rm(directory, { recursive: true }));
  const program = join(directory, "main.mjs");
  await writeFile(program, source);
  const clock = new FakeClock();
  const warnings: string[] = [];
  const late: [string, readonly Address[]][] = [];
  const child = new ResolverChild({
    clock,
    logger: { ...silentLogger, warn: (message) => void warnings.push(message) },
    program,
    onLateAnswer: (host, found) => void late.push([host, found]),
  });
  releases.push(async () => {
    await child.close();
    expect(clock.pending).toBe(0);
  });
  return { clock, late, warnings, child };
}

const ANSWERS = `process.on("message", ({ id, host }) => {
  if (host === "silent") return;
  if (host === "die") process.exit(1);
  if (host === "missing") process.send({ id, failure: "ENOTFOUND" });
  else process.send({ id, addresses: [{ address: "10.0.0.1", family: 4 }] });
});`;

test("a name is answered by the child, a missing one is refused by name", async () => {
  const { child } = await rig(ANSWERS);
  expect(await child.lookup("n1")).toEqual([{ address: "10.0.0.1", family: 4 }]);
  const error = await child.lookup("missing").catch((reason: unknown) => reason as ConfedError);
  expect(error).toMatchObject({
    code: "name_unresolved",
    subject: "missing",
    message: expect.stringContaining("no such host name") as string,
  });
});

test("no child runs before the first question", async () => {
  const { child } = await rig(ANSWERS);
  expect(child.pid).toBeUndefined();
  await child.lookup("n1");
  expect(child.pid).toBeTypeOf("number");
});

test("a question is refused after 5 s, and others are answered meanwhile", async () => {
  const { child, clock } = await rig(ANSWERS);
  const silent = child.lookup("silent");
  await child.lookup("n1");
  clock.advance(LOOKUP_LIMITS.timeoutMs);
  await expect(silent).rejects.toMatchObject({ code: "name_unresolved", subject: "silent" });
});

test("an answer after the time-out is handed on", async () => {
  const { child, clock, late } = await rig(`let held;
    process.on("message", ({ id, host }) => {
      if (host === "slow") held = id;
      else for (const one of [held, id]) process.send({ id: one, addresses: [{ address: "10.0.0.9", family: 4 }] });
    });`);
  const slow = child.lookup("slow");
  clock.advance(LOOKUP_LIMITS.timeoutMs);
  await expect(slow).rejects.toThrow("did not answer");
  await child.lookup("n1");
  expect(late).toEqual([["slow", [{ address: "10.0.0.9", family: 4 }]]]);
});

test("the child is replaced once when all its threads hang, and who waited for a turn is answered", async () => {
  const { child, clock, warnings } = await rig(ANSWERS);
  await child.lookup("n1");
  const first = child.pid;
  const hung = Array.from({ length: LOOKUP_LIMITS.atOnceMax * 4 }, () =>
    child.lookup("silent").catch((reason: unknown) => reason as ConfedError),
  );
  clock.advance(LOOKUP_LIMITS.timeoutMs - 1);
  const waited = child.lookup("n2");
  clock.advance(1);
  for (const error of await Promise.all(hung)) expect(error).toMatchObject({ code: "name_unresolved" });
  expect(await waited).toHaveLength(1);
  expect(child.pid).not.toBe(first);
  expect(warnings).toEqual(["name resolver replaced: every lookup hangs"]);
});

test("a name that needs no server gets its turn however many others hang again and again", async () => {
  const { child, clock } = await rig(ANSWERS.replace('host === "silent"', 'host.startsWith("silent")'));
  const names = Array.from({ length: LOOKUP_LIMITS.atOnceMax * 2 }, (_, index) => `silent${index}`);
  const ask = (hosts: readonly string[]) =>
    hosts.map((host) => child.lookup(host).catch((reason: unknown) => reason as ConfedError));
  // Asked again as soon as they fail, and it behind them: as consoles do.
  for (let round = 0; round < 3; round += 1) {
    const asked = ask([...names, "in-hosts"]);
    clock.advance(LOOKUP_LIMITS.timeoutMs);
    for (const error of await Promise.all(asked)) expect(error).toMatchObject({ code: "name_unresolved" });
  }
  const hung = ask(names);
  expect(await child.lookup("in-hosts")).toHaveLength(1);
  clock.advance(LOOKUP_LIMITS.timeoutMs);
  await Promise.all(hung);
});

test("an outage of the name servers is said once, however often the child is replaced", async () => {
  const { child, clock, warnings } = await rig(ANSWERS);
  for (let round = 0; round < 3; round += 1) {
    const hung = Array.from({ length: LOOKUP_LIMITS.atOnceMax }, () =>
      child.lookup("silent").catch((reason: unknown) => reason as ConfedError),
    );
    clock.advance(LOOKUP_LIMITS.timeoutMs);
    await Promise.all(hung);
  }
  expect(warnings).toHaveLength(1);
});

test("a child that dies is started again after a delay, and open questions are asked again", async () => {
  const { child, clock } = await rig(ANSWERS);
  await child.lookup("n1");
  const first = child.pid;
  const deadly = child.lookup("die").catch((reason: unknown) => reason as ConfedError);
  const harmless = child.lookup("silent").catch((reason: unknown) => reason as ConfedError);
  await vi.waitFor(() => {
    expect(child.pid).toBeUndefined();
  }, 5_000);
  expect(clock.pending, "two time-outs and the restart").toBe(3);
  clock.advance(1_000);
  expect(child.pid).toBeTypeOf("number");
  expect(child.pid).not.toBe(first);
  clock.advance(LOOKUP_LIMITS.timeoutMs);
  expect(await deadly).toMatchObject({ code: "name_unresolved" });
  expect(await harmless).toMatchObject({ code: "name_unresolved" });
});

test("closing ends the child and cancels who waits", async () => {
  const { child } = await rig(ANSWERS);
  await child.lookup("n1");
  const pid = child.pid ?? 0;
  const open = child.lookup("silent");
  const canceled = expect(open).rejects.toMatchObject({ code: "canceled" });
  await Promise.all([child.close(), child.close()]);
  await canceled;
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  await expect(child.lookup("n1")).rejects.toMatchObject({ code: "canceled" });
});

test("questions beyond the bound are refused and name the bound", async () => {
  const { child } = await rig(ANSWERS);
  const total = LOOKUP_LIMITS.atOnceMax + LOOKUP_LIMITS.waitingMax;
  const open = Array.from({ length: total }, () => child.lookup("silent").catch((reason: unknown) => reason));
  await expect(child.lookup("silent")).rejects.toMatchObject({
    code: "resource_exhausted",
    message: expect.stringContaining("10000") as string,
  });
  await child.close();
  await Promise.all(open);
});
