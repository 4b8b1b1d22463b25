import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import { RconsRun, runConfed, startSocketConsole, tellOnFailure } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "../security/cluster.ts";

// What is assigned while somebody watches it, or while its agent is replaced.

/** Within seconds, on a busy machine. */
const BACK_MS_MAX = 10_000;

/** A head, two agents, one console that the head assigns to the first, and anna, who is logged in. */
async function site() {
  const cluster = new Cluster();
  const head = await cluster.head();
  const made = [];
  for (const id of ["sn01", "sn02"]) {
    const { config, state } = await cluster.enrolled(head, { id, consoles: [] });
    const agent = cluster.agent(id, config, true);
    await agent.start();
    await head.process.logged("agent synced", { agent: id });
    made.push({ agent, state });
  }
  const [sn01, sn02] = made as [(typeof made)[0], (typeof made)[0]];
  const path = join(cluster.directory, "n1.sock");
  const device = await startSocketConsole({ path });
  onTestFinished(() => device.close());
  let accepted = 0;
  device.server.on("connection", () => {
    accepted += 1;
  });
  const admin = async (args: readonly string[], input?: string) => {
    const run = await runConfed([...args, "-c", head.config], { input });
    expect(run).toMatchObject({ status: 0 });
    return run.stdout;
  };
  await admin(["user", "add", "anna"], "correct horse\n");
  await admin(["grant", "user:anna", "operator"]);
  const pin = /pin (\S+)/.exec(await admin(["ca", "show"]))?.[1] ?? "";
  const env = { CONFED_CREDENTIALS: join(cluster.directory, "credentials.json"), CONFED_HEAD: head.address };
  const rcons = (...args: readonly string[]) => {
    const run = new RconsRun(args, env);
    onTestFinished(() => run.kill());
    tellOnFailure(() => run.said);
    return run;
  };
  const login = rcons("login", "anna", "--pin", pin);
  await login.type("correct horse\n");
  login.endInput();
  expect(await login.exited, login.said).toBe(0);
  await admin([
    "console",
    "add",
    "n1",
    "--agent",
    "sn01",
    "transport=unix",
    `path=${path}`,
    "retry.first=100ms",
  ]);
  await sn01.agent.logged("console up", { console: "n1" });
  return { head, sn01, sn02, device, admin, rcons, accepted: () => accepted };
}

test("viewers of a console that is moved are told so and have it at its new owner within seconds, twice", async () => {
  const { device, admin, rcons } = await site();
  const typist = rcons("--route", "direct", "n1");
  await typist.told("[n1 on sn01, direct ");
  const watcher = rcons("--route", "relay", "-s", "n1");
  await watcher.told("[n1 on sn01, relay ");
  for (const [from, to] of [
    ["sn01", "sn02"],
    ["sn02", "sn01"],
    ["sn01", "sn02"],
  ] as const) {
    const said = [typist.stderr.length, watcher.stderr.length] as const;
    const printed = [typist.stdout.length, watcher.stdout.length] as const;
    const fromMs = systemClock.nowMs();
    expect(await admin(["console", "move", "n1", to])).toMatch(/^n1: /);
    for (const [index, run] of [typist, watcher].entries()) {
      await run.told("the head has taken n1 from this agent", said[index]);
      // Each owner has a log of its own: what was printed in between is in neither, and it is said once.
      await run.told(/\[back after [^\]]*\]/, said[index]);
      const lines = run.stderr.slice(said[index]).match(/\[(gap|back)[^\]]*\]/g);
      expect(lines).toEqual([
        `[gap: moved from ${from} to ${to}, what was printed meanwhile is not shown]`,
        expect.stringMatching(/^\[back after .*, 1 gap, see above\]$/),
      ]);
    }
    await device.feed(Buffer.from(`seen at ${to}\r\n`));
    await expect
      .poll(() => typist.output.slice(printed[0]), { timeout: BACK_MS_MAX })
      .toContain(`seen at ${to}`);
    await expect
      .poll(() => watcher.output.slice(printed[1]), { timeout: BACK_MS_MAX })
      .toContain(`seen at ${to}`);
    expect(systemClock.nowMs() - fromMs).toBeLessThan(BACK_MS_MAX);
    await typist.type(`typed at ${to}\r`);
    await expect.poll(() => device.received.bytes().toString()).toContain(`typed at ${to}`);
  }
}, 60_000);

test("an agent that is upgraded keeps the links of what it was assigned, and takes what is changed after it, twice", async () => {
  const { head, sn01, sn02, device, admin, rcons, accepted } = await site();
  const typist = rcons("--route", "direct", "n1");
  await typist.told("[n1 on sn01");
  const socket = join(sn01.state, "control", "agent.sock");
  for (const turn of [1, 2]) {
    const heard = head.process.lines.length;
    const said = typist.stderr.length;
    expect(await runConfed(["agent", "upgrade", "--socket", socket])).toMatchObject({
      status: 0,
      stderr: "",
    });
    await head.process.logged("agent synced", { agent: "sn01" }, heard);
    await typist.told(/\[back /, said);
    await typist.type(`after ${turn}\r`);
    await expect.poll(() => device.received.bytes().toString()).toContain(`after ${turn}`);
    expect(accepted()).toBe(1);
    // The head's word arrives at the successor as it did before.
    const { length } = sn01.agent.lines;
    expect(await admin(["console", "edit", "n1", `labels.turn=t${turn}`])).toBe("n1: changed\n");
    await sn01.agent.logged("assignments taken over", { consoles: 1 }, length);
    expect(await admin(["console", "ls", "n1", "--json"])).toMatch(/"claimedBy":"sn01".*"trouble":null/);
    expect(accepted()).toBe(1);
  }
  // And lets go when it is told to.
  expect(await admin(["console", "move", "n1", "sn02"])).toMatch(/^n1: /);
  await sn02.agent.logged("console up", { console: "n1" });
  expect(accepted()).toBe(2);
}, 60_000);
