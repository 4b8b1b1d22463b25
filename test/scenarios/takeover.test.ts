import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { consoleTable, spawnRack, verifyLogFiles } from "@confed/simulator";
import { ConfedRig, ConfedRun, type RigAgent, readToTheEnd } from "@confed/testkit";
import { describe, expect, test } from "vitest";

const signal = new AbortController().signal;

function upgrade(rig: ConfedRig, agent: RigAgent, planOnly = false) {
  return rig.channel(agent).client.upgrade({ planOnly, subject: "tester" }, { signal });
}

describe("an agent that is upgraded, twice, under load", () => {
  test("keeps every link, loses and doubles nothing, and its viewers come back", async () => {
    const rig = new ConfedRig();
    await using rack = await spawnRack({ consoles: 300, linesPerSecond: 10, lineBytes: 80 });
    const device = await rig.device("n1");
    const head = await rig.startHead();
    const entries = [...consoleTable(rack).map((entry) => ({ ...entry })), device.entry];
    const shell = { name: "sh", transport: "exec", argv: ["/bin/sh", "-i"] };
    const agent = await rig.startAgent({
      heads: [head.address],
      consoles: [...entries, shell],
      upgradable: true,
    });
    const screen = rig.watch(head);
    await screen.until(
      () =>
        screen.consoles.size === 302 &&
        [...screen.consoles.values()].every(({ state }) => state === "CONNECTED"),
    );
    const run = rig.rcons(agent, "n1");
    await run.told("[n1 on sn01");
    await device.feed(Buffer.from("before\r\n"));
    await run.printed("before\r\n");
    const { connections } = await rack.stats();

    let expected = "before\r\n";
    for (const turn of ["first", "second"]) {
      const logged = agent.process.lines.length;
      const before = agent.process.pid;
      const answer = await upgrade(rig, agent);
      expect(answer).toMatchObject({
        done: true,
        unconnected: 0,
        kept: [{ transport: "tcp", consoles: { count: 301 } }],
        reconnecting: [{ transport: "exec", consoles: { count: 1, names: ["sh"] } }],
      });
      expect(answer.pauseMs).toBeLessThan(2_000);
      await agent.process.logged("ready", { pid: answer.pid }, logged);
      expect(agent.process.pid).toBe(answer.pid);
      expect(answer.pid).not.toBe(before);
      await agent.process.logged("ended", {}, logged);
      await device.feed(Buffer.from(`${turn}\r\n`));
      expected += `${turn}\r\n`;
      await run.printed(`${turn}\r\n`);
      await run.type(`typed ${turn}\r`);
      await device.received.reached(
        "typed first\r".length * (turn === "first" ? 1 : 2) + (turn === "first" ? 0 : 1),
      );
      await agent.process.logged("console up", { console: "sh" }, logged);
      // No console but the one that had to was ever shown as anything else.
      const down = agent.process.lines
        .slice(logged)
        .filter(({ message }) => message === "console down")
        .map(({ console: name }) => name);
      expect(down.filter((name) => name !== "sh")).toEqual([]);
      expect(screen.consoles.get("n1")?.state).toBe("CONNECTED");
    }
    expect(run.output).toBe(expected);
    expect((await rack.stats()).connections).toBe(connections);

    await readToTheEnd(rack, agent.process);
    const sent = await rack.sentAll();
    await agent.process.stop();
    for (const each of sent) {
      expect(await verifyLogFiles([agent.logPath(each.console)], each)).toMatchObject({
        exact: true,
        lines: each.lines,
      });
      expect(agent.gaps(each.console)).toEqual([]);
    }
    expect(agent.log("n1").toString()).toBe(expected);
    const verified = new ConfedRun(["logs", "verify", "--config", join(rig.directory, "sn01.json")]);
    await verified.printed(/302 of 302 logs are proven/);
    expect(await verified.exited).toBe(0);
  });
});

/**
 * Runs in every process of the agent: a successor does what the file beside it says when it is about to
 * say the word.
 */
const SABOTAGE = `
const { existsSync, readFileSync } = require("node:fs");
const { Socket } = require("node:net");
if (process.env.CONFED_SUCCESSOR !== undefined && existsSync(process.env.SABOTAGE)) {
  const word = readFileSync(process.env.SABOTAGE, "utf8");
  const write = Socket.prototype.write;
  Socket.prototype.write = function (chunk, ...rest) {
    if (String(chunk).startsWith('{"say":"' + word + '"')) process.kill(process.pid, "SIGKILL");
    return write.call(this, chunk, ...rest);
  };
}
`;

describe("an agent whose successor fails", () => {
  test("goes on as if nothing had been, whatever the moment, and can be upgraded afterwards", async () => {
    const rig = new ConfedRig();
    await using rack = await spawnRack({ consoles: 50, linesPerSecond: 20, lineBytes: 80 });
    const device = await rig.device("n1");
    const sabotage = join(rig.directory, "sabotage");
    const hook = join(rig.directory, "sabotage.cjs");
    writeFileSync(hook, SABOTAGE);
    const agent = await rig.startAgent({
      consoles: [...consoleTable(rack).map((entry) => ({ ...entry })), device.entry],
      upgradable: true,
      env: { NODE_OPTIONS: `--require=${hook}`, SABOTAGE: sabotage },
    });
    for (const { name } of consoleTable(rack)) await agent.process.logged("console up", { console: name });
    const viewer = rig.attach(agent, { console: "n1" });
    await viewer.whenOpened();
    const { connections } = await rack.stats();
    const { pid } = agent.process;

    for (const word of ["prepared", "ready", "prepared", "ready"]) {
      writeFileSync(sabotage, word);
      await expect(upgrade(rig, agent)).rejects.toMatchObject({ code: "process_exited" });
      await device.feed(Buffer.from(`after ${word}\r\n`));
      await viewer.saw(`after ${word}\r\n`);
      viewer.output.fill(0);
    }
    // Its configuration has a fault by now: the one that runs does not care.
    rmSync(sabotage);
    const config = join(rig.directory, "sn01-consoles.jsonl");
    writeFileSync(config, "{ this is nothing\n", { flag: "a" });
    await expect(upgrade(rig, agent)).rejects.toMatchObject({ code: "invalid_argument" });
    expect(agent.process.pid).toBe(pid);
    expect(viewer.ended).toBeUndefined();
    expect((await rack.stats()).connections).toBe(connections);
    writeFileSync(
      config,
      consoleTable(rack)
        .map((entry) => `${JSON.stringify(entry)}\n`)
        .join(""),
    );

    const [one, other] = await Promise.allSettled([upgrade(rig, agent), upgrade(rig, agent)]);
    expect([one.status, other.status].sort()).toEqual(["fulfilled", "rejected"]);
    const refused = one.status === "rejected" ? one.reason : (other as PromiseRejectedResult).reason;
    expect(refused).toMatchObject({ code: "conflict" });
    expect((await rack.stats()).connections).toBe(connections);

    await readToTheEnd(rack, agent.process);
    const sent = await rack.sentAll();
    await agent.process.stop();
    for (const each of sent) {
      expect(await verifyLogFiles([agent.logPath(each.console)], each)).toMatchObject({
        exact: true,
        lines: each.lines,
      });
      expect(agent.gaps(each.console)).toEqual([]);
    }
  });
});
