import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BmcConsole, ConfedRig, type RigAgent, runConfed, startBmcConsole } from "@confed/testkit";
import { expect, onTestFinished, test, vi } from "vitest";
import { Cluster } from "../security/cluster.ts";

// A BMC has few sessions and one Serial over LAN: whichever way an agent lets go of it, none is left behind.

const TWICE = ["once", "and again"] as const;
const RETRY = { first: "50ms", max: "100ms" };
const signal = new AbortController().signal;

async function startBmc(): Promise<BmcConsole> {
  const console = await startBmcConsole();
  onTestFinished(() => console.close());
  return console;
}

/** Its entry of a console table, with the password in a file there. */
function entryOf({ bmc }: BmcConsole, directory: string) {
  const file = join(directory, "bmc-password");
  writeFileSync(file, `${bmc.user.password}\n`, { mode: 0o600 });
  const way = { transport: "ipmi", host: "127.0.0.1", port: bmc.port, user: bmc.user.user } as const;
  return { name: "n1", ...way, password: { file }, retry: RETRY };
}

async function agentWithBmc(how: { readonly upgradable?: boolean } = {}) {
  const rig = new ConfedRig();
  const console = await startBmc();
  const entry = entryOf(console, rig.directory);
  const agent = await rig.startAgent({ consoles: [entry], ...how });
  await agent.process.logged("console up", { console: "n1" });
  return { rig, console, agent, entry };
}

/** Nobody's; a session that is being closed has been by then. */
async function untilLeft({ bmc }: BmcConsole): Promise<void> {
  await vi.waitFor(() => {
    expect({ owner: bmc.owner, sessions: bmc.sessions.size }).toEqual({ owner: 0, sessions: 0 });
  }, 20_000);
}

function takeOvers(agent: RigAgent): number {
  return agent
    .index("n1")
    .filter((record) => record.t === "ev" && record.text?.startsWith("taking Serial over LAN")).length;
}

test("a reload that removes the console leaves no session, twice", async () => {
  const { rig, console, agent, entry } = await agentWithBmc();
  const path = join(rig.directory, "sn01-consoles.jsonl");
  const write = async (text: string) => {
    const { length } = agent.process.lines;
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
    await agent.process.logged("configuration read again", {}, length);
    return length;
  };
  for (const _ of TWICE) {
    expect(console.bmc.sessions.size).toBe(1);
    await write("");
    await untilLeft(console);
    const length = await write(`${JSON.stringify(entry)}\n`);
    await agent.process.logged("console up", { console: "n1" }, length);
  }
});

test("a console that is reconnected by command logs out before it logs in again, twice", async () => {
  const { rig, console, agent } = await agentWithBmc();
  const viewer = rig.attach(agent, { console: "n1" });
  await viewer.whenOpened();
  for (const _ of TWICE) {
    const before = console.bmc.activations;
    const request = { selection: "n1", reconnect: {}, subject: "tester" };
    await rig.channel(agent).client.control(request, { signal });
    await vi.waitFor(() => {
      expect(console.bmc.activations).toBe(before + 1);
    }, 20_000);
    expect(console.bmc.sessions.size).toBe(1);
  }
  expect(takeOvers(agent)).toBe(0);
});

test("an agent that is upgraded closes its session before the new one logs in, twice", async () => {
  const { rig, console, agent } = await agentWithBmc({ upgradable: true });
  for (const turn of TWICE) {
    const { length } = agent.process.lines;
    const before = console.bmc.owner;
    const { client } = rig.channel(agent);
    const planned = await client.upgrade({ planOnly: true, subject: "tester" }, { signal });
    expect(planned).toMatchObject({ reconnecting: [{ transport: "ipmi" }] });
    // The answer may be lost with the process that ends; the log says the same.
    void client.upgrade({ planOnly: false, subject: "tester" }, { signal }).catch(() => undefined);
    await agent.process.logged("another process has taken over", {}, length);
    await agent.process.logged("console up", { console: "n1" }, length);
    await agent.process.logged("ended", {}, length);
    expect(console.bmc.owner).not.toBe(before);
    expect(console.bmc.sessions.size).toBe(1);
    const viewer = rig.attach(agent, { console: "n1" });
    await viewer.whenOpened();
    await console.print(Buffer.from(turn));
    await viewer.saw(turn);
    rig.close(viewer);
  }
  expect(takeOvers(agent)).toBe(0);
  await agent.process.stop();
  await untilLeft(console);
});

test("an agent that is told to end in the midst of a log-in closes the session, twice", async () => {
  const { console, agent } = await agentWithBmc();
  for (const _ of TWICE) {
    await agent.process.stop();
    await untilLeft(console);
    console.bmc.faults.losesActivateAnswers = 99;
    await agent.restart();
    await console.link();
    await agent.process.stop();
    expect({ owner: console.bmc.owner, sessions: console.bmc.sessions.size }).toEqual({
      owner: 0,
      sessions: 0,
    });
    console.bmc.faults.losesActivateAnswers = 0;
    await agent.restart();
    await agent.process.logged("console up", { console: "n1" });
  }
});

test("whoever forces a reconnect in the midst of a log-in gets another one at once, twice", async () => {
  const { rig, console, agent } = await agentWithBmc();
  const { client } = rig.channel(agent);
  const reconnect = (force: boolean) =>
    client.control({ selection: "n1", reconnect: { force }, subject: "tester" }, { signal });
  for (const _ of TWICE) {
    const { length } = agent.process.lines;
    const up = console.bmc.owner;
    console.bmc.faults.losesActivateAnswers = 99;
    await reconnect(false);
    await vi.waitFor(() => {
      expect([0, up]).not.toContain(console.bmc.owner);
    }, 20_000);
    const underWay = console.bmc.owner;
    await reconnect(true);
    await vi.waitFor(() => {
      expect([0, up, underWay]).not.toContain(console.bmc.owner);
    }, 20_000);
    expect(console.bmc.sessions.size).toBe(1);
    console.bmc.faults.losesActivateAnswers = 0;
    await agent.process.logged("console up", { console: "n1" }, length);
  }
});

test("an agent that was killed takes Serial over LAN from the session it left there, twice", async () => {
  const { rig, console, agent } = await agentWithBmc();
  for (const [index, turn] of TWICE.entries()) {
    const left = console.bmc.owner;
    await agent.process.kill();
    expect(console.bmc.owner, "nobody has closed it").toBe(left);
    await agent.restart();
    await agent.process.logged("console up", { console: "n1" });
    expect(console.bmc.owner).not.toBe(left);
    await vi.waitFor(() => {
      expect(takeOvers(agent)).toBe(index + 1);
    }, 20_000);
    const viewer = rig.attach(agent, { console: "n1" });
    await viewer.whenOpened();
    await console.print(Buffer.from(turn));
    await viewer.saw(turn);
    rig.close(viewer);
  }
  // What was left is for the BMC to forget; ours is closed.
  await agent.process.stop();
  expect(console.bmc.owner).toBe(0);
});

test("a console that is moved is closed by its old owner, and nothing is taken by the new one, twice", async () => {
  const cluster = new Cluster();
  const console = await startBmc();
  const { password } = entryOf(console, cluster.directory);
  const head = await cluster.head();
  const agents = [];
  for (const id of ["sn01", "sn02"]) {
    const { config } = await cluster.enrolled(head, { id, consoles: [] });
    const agent = cluster.agent(id, config);
    await agent.start();
    await head.process.logged("agent synced", { agent: id });
    agents.push({ id, agent });
  }
  const admin = async (...args: readonly string[]) => {
    expect(await runConfed([...args, "-c", head.config])).toMatchObject({ status: 0 });
  };
  const { user } = console.bmc.user;
  const way = ["transport=ipmi", "host=127.0.0.1", `port=${console.bmc.port}`, `user=${user}`];
  await admin("console", "add", "n1", "--agent", "sn01", ...way, `password.file=${password.file}`);
  const [sn01, sn02] = agents;
  await sn01?.agent.logged("console up", { console: "n1" });
  for (const to of [sn02, sn01, sn02]) {
    if (to === undefined) expect.fail("two agents were made");
    const { length } = to.agent.lines;
    const { owner, activations } = console.bmc;
    await admin("console", "move", "n1", to.id);
    await to.agent.logged("console up", { console: "n1" }, length);
    expect(console.bmc.owner).not.toBe(owner);
    expect([console.bmc.sessions.size, console.bmc.activations]).toEqual([1, activations + 1]);
  }
  const taken = agents
    .flatMap(({ agent }) => agent.lines)
    .filter(({ message }) => /^taking Serial/.test(message));
  expect(taken).toEqual([]);
}, 60_000);
