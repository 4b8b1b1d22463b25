import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CountingDevice, freePort, runConfed } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "../security/cluster.ts";

interface Shown {
  readonly name: string;
  readonly agent: string | null;
  readonly source: string;
  readonly claimedBy: string;
  readonly epoch: number;
  readonly trouble: { readonly code: string; readonly message: string } | null;
}

type Head = Awaited<ReturnType<Cluster["head"]>>;

/** `confed console ...` at this head. */
const console = (head: Head, ...args: readonly string[]) =>
  runConfed(["console", ...args, "-c", head.config]);

async function show(head: Head, name: string): Promise<Shown | undefined> {
  const { stdout } = await console(head, "ls", name, "--json");
  return stdout === "" ? undefined : (JSON.parse(stdout) as Shown);
}

async function device(): Promise<CountingDevice> {
  const started = await CountingDevice.start();
  onTestFinished(() => started.close());
  return started;
}

const at = ({ port }: CountingDevice) => [
  "transport=tcp",
  "host=127.0.0.1",
  `port=${port}`,
  "retry.first=100ms",
];

/** A head and two agents without a console, in mutual TLS. */
async function site() {
  const cluster = new Cluster();
  // At a port of its own, to come back to.
  const port = await freePort();
  const head = await cluster.head("head", { tls: "on", listen: `127.0.0.1:${port}` });
  const one = await cluster.enrolled(head, { id: "sn01", consoles: [] });
  const two = await cluster.enrolled(head, { id: "sn02", consoles: [], allowed: "n[1-9]" });
  const sn01 = cluster.agent("sn01", one.config);
  const sn02 = cluster.agent("sn02", two.config);
  await Promise.all([sn01.start(), sn02.start()]);
  await Promise.all([sn01.logged("joined head"), sn02.logged("joined head")]);
  return { cluster, head, one, two, sn01, sn02 };
}

test("consoles that a head assigns are added, edited, moved and removed live, one writer at a time", async () => {
  const { head, one, sn01 } = await site();
  const [a, b] = [await device(), await device()];
  expect(await console(head, "add", "n1", "--agent", "sn01", ...at(a))).toMatchObject({
    status: 0,
    stdout: "n1: added\n",
  });
  await console(head, "add", "n2", "--agent", "sn01", ...at(b));
  await a.until(({ count }) => count === 1);
  await b.until(({ count }) => count === 1);
  expect(await show(head, "n1")).toMatchObject({
    agent: "sn01",
    source: "head",
    claimedBy: "sn01",
    trouble: null,
  });

  // What says nothing of the link does not touch it, nor does what is done to another.
  expect(await console(head, "edit", "n1", "labels.rack=r1")).toMatchObject({
    status: 0,
    stdout: "n1: changed\n",
  });
  await expect.poll(() => readFileSync(join(one.state, "assigned.jsonl"), "utf8")).toContain('"rack":"r1"');
  expect([a.accepted, b.accepted]).toEqual([1, 1]);

  // There and back: each time the one lets go before the other begins.
  for (const to of ["sn02", "sn01", "sn02"]) {
    const before = (await show(head, "n1"))?.epoch ?? 0;
    const { accepted } = a;
    expect(await console(head, "move", "n1", to)).toMatchObject({ status: 0 });
    await a.until((it) => it.accepted > accepted && it.count === 1);
    const after = await show(head, "n1");
    expect(after).toMatchObject({ agent: to, claimedBy: to, trouble: null });
    expect(after?.epoch).toBeGreaterThan(before);
  }
  expect(a.mostAtOnce).toBe(1);
  expect(b.accepted).toBe(1);

  expect(await console(head, "rm", "n[1-2]")).toMatchObject({
    status: 0,
    stdout: "n1: removed\nn2: removed\n",
  });
  await a.until(({ count }) => count === 0);
  await b.until(({ count }) => count === 0);
  await expect.poll(() => show(head, "n1")).toBeUndefined();
  expect(sn01.lines.filter(({ message }) => message === "console removed")).not.toEqual([]);
});

test("an agent that comes back without its state has its consoles again, and one with it needs no head", async () => {
  const { cluster, head, one, sn01 } = await site();
  const a = await device();
  await console(head, "add", "n1", "--agent", "sn01", ...at(a));
  await a.until(({ count }) => count === 1);
  for (const boot of [1, 2]) {
    await sn01.stop();
    rmSync(one.state, { recursive: true, force: true });
    // A diskless host enrols again with each boot.
    const token = await cluster.token(head, "--agent", "sn01");
    const how = ["agent", "enroll", "--head", head.address, "--token", token, "-c", one.config];
    expect(await runConfed(how), `boot ${boot}`).toMatchObject({ status: 0 });
    expect(existsSync(join(one.state, "assigned.jsonl"))).toBe(false);
    await sn01.start();
    await a.until(({ count }) => count === 1);
  }
  await expect.poll(() => existsSync(join(one.state, "assigned.jsonl"))).toBe(true);

  // Twice without the head, from what its disk has; and a head that comes back changes nothing.
  for (const life of [1, 2]) {
    await head.process.kill();
    await sn01.kill();
    await a.until(({ count }) => count === 0);
    await sn01.start();
    await a.until(({ count }) => count === 1);
    const { accepted } = a;
    await head.process.start();
    await head.process.logged("agent synced", { agent: "sn01" });
    await expect.poll(() => show(head, "n1")).toMatchObject({ claimedBy: "sn01", trouble: null });
    expect(a.accepted, `life ${life}`).toBe(accepted);
  }
});

test("a file wins over the head, which is shown, and what the head says is in force when the file says nothing", async () => {
  const { head, one, sn01 } = await site();
  const [assigned, filed] = [await device(), await device()];
  await console(head, "add", "n1", "--agent", "sn01", ...at(assigned));
  await assigned.until(({ count }) => count === 1);
  const config = JSON.parse(readFileSync(one.config, "utf8")) as Record<string, unknown>;
  const withFile = {
    ...config,
    consoles: [{ name: "n1", transport: "tcp", host: "127.0.0.1", port: filed.port }],
  };
  for (const round of [1, 2]) {
    writeFileSync(one.config, JSON.stringify(withFile));
    await filed.until(({ count }) => count === 1);
    await assigned.until(({ count }) => count === 0);
    await expect
      .poll(() => show(head, "n1"))
      .toMatchObject({
        source: "head",
        trouble: { code: "conflict", message: "a file of agent sn01 defines it as well, and is in force" },
      });
    writeFileSync(one.config, JSON.stringify(config));
    await assigned.until(({ count }) => count === 1);
    await expect.poll(() => show(head, "n1"), { message: `round ${round}` }).toMatchObject({ trouble: null });
  }
  // Nor does the head define what a file has.
  writeFileSync(
    one.config,
    JSON.stringify({ ...withFile, consoles: [{ ...withFile.consoles[0], name: "f1" }] }),
  );
  await filed.until(({ count }) => count === 1);
  await expect.poll(() => show(head, "f1")).toMatchObject({ source: "agent's file", claimedBy: "sn01" });
  expect(await console(head, "add", "f1", "--agent", "sn02", ...at(filed))).toMatchObject({
    status: 10,
    stderr: expect.stringContaining("agent sn01 has a console f1 by a file of its own"),
  });
  expect(sn01.running).toBe(true);
});

test("what an agent may not have by its token, cannot be, or belongs to nobody, is refused in words", async () => {
  const { head } = await site();
  const a = await device();
  const refused = async (...args: readonly string[]) => {
    const { status, stderr } = await console(head, ...args);
    return [status, stderr.split("\n")[0]];
  };
  expect(await refused("add", "x1", "--agent", "sn02", ...at(a))).toEqual([
    4,
    "confed: agent sn02 claims x1, but may have n[1-9] only",
  ]);
  expect(await refused("add", "n1", "--agent", "sn09", ...at(a))).toEqual([
    3,
    "confed: this head knows no agent sn09",
  ]);
  const secret = await refused(
    "add",
    "n1",
    "--agent",
    "sn01",
    "transport=ssh",
    "host=h",
    "user=u",
    "password=hunter2",
  );
  expect(secret[0]).toBe(2);
  expect(secret[1]).toContain("password must not hold");
  expect(secret[1]).not.toContain("hunter2");
  await console(head, "add", "x1", "--agent", "sn01", ...at(a));
  expect(await refused("move", "x1", "sn02")).toEqual([
    4,
    "confed: agent sn02 claims x1, but may have n[1-9] only",
  ]);
  expect(await refused("add", "X1", "--agent", "sn01", ...at(a))).toEqual([
    10,
    "confed: X1 differs only in case from x1",
  ]);
  expect(await refused("rm", "n7")).toEqual([3, "confed: this head defines no console n7"]);
  expect(await show(head, "x1")).toMatchObject({ agent: "sn01", trouble: null });
  const { stdout } = await runConfed(["audit", "show", "-c", head.config]);
  expect(stdout).not.toContain("hunter2");
});

test("a console of a dead agent waits for it, and is taken from it by force, which is an alarm", async () => {
  const { head, sn01 } = await site();
  const a = await device();
  await console(head, "add", "n1", "--agent", "sn01", ...at(a));
  await a.until(({ count }) => count === 1);
  await sn01.kill();
  await a.until(({ count }) => count === 0);
  expect(await console(head, "move", "n1", "sn02")).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("as soon as the agent that has it lets go"),
  });
  expect(await show(head, "n1")).toMatchObject({
    ...{ agent: "sn02", claimedBy: "sn01" },
    trouble: { code: "conflict", message: "waits until agent sn01 has let go: it has not joined this head" },
  });
  expect(a.count).toBe(0);
  expect(await console(head, "move", "n1", "sn02", "--force")).toMatchObject({
    status: 0,
    stdout: "n1: moved to sn02\n",
  });
  await a.until(({ count }) => count === 1);
  expect(await show(head, "n1")).toMatchObject({ claimedBy: "sn02", trouble: null });
  const { stdout } = await runConfed(["audit", "show", "-c", head.config]);
  expect(stdout).toContain("RC3103W");
  // The dead one comes back with what it has kept, and lets go as soon as it hears.
  expect(await sn01.start()).toMatchObject({ consoles: 1 });
  await sn01.logged("assignments taken over", { consoles: 0 });
  await a.until(({ count }) => count === 1);
  expect(await show(head, "n1")).toMatchObject({ claimedBy: "sn02" });
});

test("tables of the head assign, change and take away at SIGHUP, and win over what was told", async () => {
  const { cluster, head, sn02 } = await site();
  const [a, b] = [await device(), await device()];
  const table = join(cluster.directory, "rack1.jsonl");
  const entry = (name: string, { port }: CountingDevice) =>
    JSON.stringify({ name, transport: "tcp", host: "127.0.0.1", port });
  const config = JSON.parse(readFileSync(head.config, "utf8")) as { readonly head: object };
  writeFileSync(table, `${entry("n1", a)}\n`);
  writeFileSync(head.config, JSON.stringify({ head: { ...config.head, assign: { sn02: [table] } } }));
  await console(head, "add", "n2", "--agent", "sn01", ...at(b));
  await b.until(({ count }) => count === 1);
  process.kill(head.process.pid, "SIGHUP");
  await a.until(({ count }) => count === 1);
  expect(await show(head, "n1")).toMatchObject({ agent: "sn02", source: "head (file)", trouble: null });
  expect(await console(head, "rm", "n1")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("a file of this head defines n1"),
  });
  writeFileSync(table, `${entry("n1", a)}\n${entry("n2", b)}\n`);
  process.kill(head.process.pid, "SIGHUP");
  await sn02.logged("assignments taken over", { consoles: 2 });
  expect(await show(head, "n2")).toMatchObject({
    trouble: { code: "conflict", message: expect.stringContaining("what was told for sn01 is not in force") },
  });
  expect(b.mostAtOnce).toBe(1);
  writeFileSync(table, `${entry("n1", a)}\n`);
  process.kill(head.process.pid, "SIGHUP");
  await expect
    .poll(() => show(head, "n2"))
    .toMatchObject({ agent: "sn01", claimedBy: "sn01", trouble: null });
  expect(b.mostAtOnce).toBe(1);
  expect(a.accepted).toBe(1);
});

test("an agent of several processes has what is assigned to it, each its share, and lets go of it", async () => {
  const cluster = new Cluster();
  const head = await cluster.head();
  const { config } = await cluster.enrolled(head, { consoles: [], shards: 2 });
  await cluster.agent("sn01", config).start();
  await head.process.logged("agent synced", { agent: "sn01.0" });
  await head.process.logged("agent synced", { agent: "sn01.1" });
  const names = Array.from({ length: 6 }, (_, index) => `n${index}`);
  const a = await device();
  for (const name of names) await console(head, "add", name, "--agent", "sn01", ...at(a));
  await a.until(({ count }) => count === names.length);
  expect(await show(head, "n5")).toMatchObject({ claimedBy: "sn01", trouble: null });
  expect(await console(head, "rm", "*")).toMatchObject({ status: 0 });
  await a.until(({ count }) => count === 0);
  await expect.poll(() => show(head, "n5")).toBeUndefined();
});
