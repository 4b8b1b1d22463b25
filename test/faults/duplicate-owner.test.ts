import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CountingDevice, descendantsOf, freePort, RconsRun, runConfed } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "../security/cluster.ts";

// F23, without etcd: two agents claim one console. The one that is recorded keeps it, over the death of the head, too;
// everybody sees that there is a conflict, and it is an alarm.

async function device(): Promise<CountingDevice> {
  const started = await CountingDevice.start();
  onTestFinished(() => started.close());
  return started;
}

async function runRcons(args: readonly string[]): Promise<{ readonly stdout: string }> {
  const run = new RconsRun(args);
  await run.exited;
  return { stdout: run.output };
}

interface Shown {
  readonly name: string;
  readonly owner: string;
  readonly state: string;
  readonly epoch: number;
  readonly cause: { readonly code: string; readonly message: string } | null;
}

async function site(consoles: { readonly sn01: readonly string[]; readonly sn02: readonly string[] }) {
  const cluster = new Cluster();
  const port = await freePort();
  const head = await cluster.head("head", { tls: "on", listen: `127.0.0.1:${port}` });
  const a = await device();
  const agents = [];
  for (const id of ["sn01", "sn02"] as const) {
    const made = await cluster.enrolled(head, { id, consoles: consoles[id], consolePort: a.port });
    agents.push({ ...made, process: cluster.agent(id, made.config) });
  }
  const [one, two] = agents;
  if (one === undefined || two === undefined) throw new Error("two agents");
  const socket = join(head.state, "control", "head.sock");
  const shown = async (name: string): Promise<Shown | undefined> => {
    const { stdout } = await runRcons(["info", name, "--json", "--socket", socket]);
    return stdout === "" ? undefined : (JSON.parse(stdout) as Shown);
  };
  const alarms = async () => {
    const { stdout } = await runConfed(["audit", "show", "-c", head.config]);
    return stdout.split("\n").filter((line) => line.includes("RC3102W")).length;
  };
  return { cluster, head, one, two, device: a, shown, alarms, socket };
}

test("of two agents that claim one console the recorded one keeps it, also when it comes after the other, twice", async () => {
  const { head, one, two, shown, alarms, socket } = await site({ sn01: ["n1"], sn02: ["n1", "n2"] });
  await one.process.start();
  await head.process.logged("agent synced", { agent: "sn01" });
  await expect.poll(async () => (await shown("n1"))?.epoch).toBeGreaterThan(0);
  const first = await shown("n1");
  expect(first).toMatchObject({ owner: "sn01", state: "connected" });
  await two.process.start();
  await head.process.logged("agent synced", { agent: "sn02" });
  const both = "agents sn01 and sn02 both claim it; sn01 keeps it";
  await expect
    .poll(() => shown("n1"))
    .toMatchObject({ owner: "sn01", state: "conflict", cause: { message: both } });
  const listed = await runRcons(["ls", "--socket", socket]);
  expect(listed.stdout).toMatch(/^n1 +conflict +sn01 .*both claim it/m);
  expect(await alarms()).toBe(1);

  for (const round of [1, 2]) {
    // The head is new, and hears the other one first.
    process.kill(one.process.pid, "SIGSTOP");
    await head.process.kill();
    await head.process.start();
    await head.process.logged("agent synced", { agent: "sn02" });
    await expect
      .poll(() => shown("n1"), { timeout: 15_000 })
      .toMatchObject({
        state: "conflict",
        cause: { message: "agent sn02 claims it, which is sn01's by the record" },
      });
    process.kill(one.process.pid, "SIGCONT");
    await head.process.logged("agent synced", { agent: "sn01" });
    await expect
      .poll(() => shown("n1"))
      .toMatchObject({ owner: "sn01", state: "conflict", epoch: first?.epoch });
    expect(await alarms(), `round ${round}`).toBe(1 + round);
  }

  // It lets go, and what is recorded passes on.
  const config = JSON.parse(readFileSync(one.config, "utf8")) as Record<string, unknown>;
  writeFileSync(one.config, JSON.stringify({ ...config, consoles: [] }));
  await expect.poll(() => shown("n1")).toMatchObject({ owner: "sn02", state: "connected" });
  await expect.poll(async () => (await shown("n1"))?.epoch).toBeGreaterThan(first?.epoch ?? 0);
});

test("with the store's disk hanging agents keep what they were assigned, and nothing is changed until it heals, twice", async () => {
  const { head, one, two, device: a, shown } = await site({ sn01: [], sn02: [] });
  await Promise.all([one.process.start(), two.process.start()]);
  await Promise.all([one.process.logged("joined head"), two.process.logged("joined head")]);
  const console = (...args: readonly string[]) => runConfed(["console", ...args, "-c", head.config]);
  const way = ["transport=tcp", "host=127.0.0.1", `port=${a.port}`, "retry.first=100ms"];
  expect(await console("add", "n1", "--agent", "sn01", ...way)).toMatchObject({ status: 0 });
  await a.until(({ count }) => count === 1);
  let [from, to] = ["sn01", "sn02"];
  for (const round of [1, 2]) {
    const store = descendantsOf(head.process.pid).filter(({ command }) => command.includes("store-main"));
    expect(store).toHaveLength(1);
    process.kill(store[0]!.pid, "SIGSTOP");
    const refused = await console("move", "n1", to);
    expect(refused.status, `round ${round}`).not.toBe(0);
    expect(refused.stderr).toContain("store");
    expect(await shown("n1")).toMatchObject({ owner: from, state: "connected" });
    expect([a.count, a.mostAtOnce]).toEqual([1, 1]);
    process.kill(store[0]!.pid, "SIGCONT");
    // What was asked for meanwhile may have been written after all, as the error says; asked again, it is so.
    await expect.poll(async () => (await console("move", "n1", to)).status, { timeout: 20_000 }).toBe(0);
    await expect
      .poll(() => shown("n1"), { timeout: 20_000 })
      .toMatchObject({ owner: to, state: "connected" });
    expect(a.mostAtOnce).toBe(1);
    [from, to] = [to, from];
  }
});
