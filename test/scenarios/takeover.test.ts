import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import { consoleTable, spawnRack, verifyLogFiles } from "@confed/simulator";
import {
  type Attached,
  ConfedRig,
  ConfedRun,
  freePort,
  type RigAgent,
  readToTheEnd,
  startSocketConsole,
  startTelnetServer,
} from "@confed/testkit";
import { describe, expect, onTestFinished, test } from "vitest";

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

describe("an agent whose successor fails twice", () => {
  test("tries on where it was with what it had not reached, for the same reason", async () => {
    const rig = new ConfedRig();
    const sabotage = join(rig.directory, "sabotage");
    const hook = join(rig.directory, "sabotage.cjs");
    writeFileSync(hook, SABOTAGE);
    writeFileSync(sabotage, "ready");
    const gone = { name: "gone", transport: "tcp", host: "127.0.0.1", port: await freePort() };
    const agent = await rig.startAgent({
      consoles: [gone],
      upgradable: true,
      env: { NODE_OPTIONS: `--require=${hook}`, SABOTAGE: sabotage },
    });
    const { client } = rig.channel(agent);
    const status = () => client.inspect({ console: "gone" }, { signal });
    for (let turn = 1; turn <= 2; turn += 1) {
      const attempts = async () => (await status()).attempt;
      await expect.poll(attempts, { timeout: 10_000 }).toBeGreaterThan(4 * turn);
      const before = await status();
      await expect(upgrade(rig, agent)).rejects.toMatchObject({ code: "process_exited" });
      // Between two attempts: while it dials there is no reason yet.
      await expect
        .poll(async () => (await status()).cause?.code, { timeout: 10_000 })
        .toBe("connection_refused");
      const after = await status();
      expect(after.attempt).toBeGreaterThanOrEqual(before.attempt);
      expect(after.sinceMs).toBe(before.sinceMs);
    }
  });
});

const bytes = (...values: readonly number[]) => Buffer.from(values);
const [IAC, DO, WILL, SB, SE, TTYPE, IS, SEND] = [255, 253, 251, 250, 240, 24, 0, 1];

describe("an agent that is upgraded twice", () => {
  test("waits for a log that is some seconds behind", async () => {
    const rig = new ConfedRig();
    const device = await rig.device("n1");
    const agent = await rig.startAgent({ consoles: [device.entry], upgradable: true });
    await agent.process.logged("console up", { console: "n1" });
    let expected = "";
    for (const turn of ["first", "second"]) {
      const viewer = rig.attach(agent, { console: "n1" });
      await viewer.whenOpened();
      const { pid } = agent.process.childLike("log-writer");
      process.kill(pid, "SIGSTOP");
      await device.feed(Buffer.from(`${turn}\r\n`));
      await viewer.saw(`${turn}\r\n`);
      // Well after its successor is prepared, on a quiet machine.
      const goOn = systemClock.after(4_000, () => process.kill(pid, "SIGCONT"));
      onTestFinished(goOn);
      const logged = agent.process.lines.length;
      expect(await upgrade(rig, agent)).toMatchObject({ done: true });
      await agent.process.logged("ended", {}, logged);
      expected += `${turn}\r\n`;
      expect(agent.log("n1").toString()).toBe(expected);
      expect(agent.gaps("n1")).toEqual([]);
    }
  });

  test("goes on in the midst of what telnet negotiates, and over Unix sockets", async () => {
    const rig = new ConfedRig();
    const door = await startTelnetServer(null);
    const guest = await startSocketConsole({ path: join(rig.directory, "guest.sock") });
    onTestFinished(() => Promise.all([door.close(), guest.close()]).then(() => undefined));
    const agent = await rig.startAgent({
      consoles: [
        { name: "t1", transport: "telnet", host: door.host, port: door.port },
        { name: "u1", transport: "unix", path: join(rig.directory, "guest.sock") },
      ],
      upgradable: true,
    });
    const { socket } = await door.accepted();
    const heard: Buffer[] = [];
    socket.on("data", (data: Buffer) => heard.push(data)).write(bytes(IAC, DO, TTYPE));
    const hears = (answer: Buffer) =>
      expect.poll(() => Buffer.concat(heard).includes(answer), { timeout: 10_000 }).toBe(true);
    await hears(bytes(IAC, WILL, TTYPE));
    for (const turn of ["first", "second"]) {
      heard.length = 0;
      // Half a question; the other half comes after the takeover, and output around both.
      socket.write(Buffer.concat([Buffer.from(`before ${turn}\r\n`), bytes(IAC, SB, TTYPE)]));
      await guest.feed(Buffer.from(`before ${turn}\r\n`));
      for (const name of ["t1", "u1"])
        await expect.poll(() => agent.log(name).toString()).toContain(`before ${turn}`);
      const logged = agent.process.lines.length;
      expect(await upgrade(rig, agent)).toMatchObject({ done: true, reconnecting: [], unconnected: 0 });
      await agent.process.logged("ended", {}, logged);
      socket.write(Buffer.concat([bytes(SEND, IAC, SE), Buffer.from(`after ${turn}\r\n`)]));
      await guest.feed(Buffer.from(`after ${turn}\r\n`));
      await hears(Buffer.concat([bytes(IAC, SB, TTYPE, IS), Buffer.from("vt220"), bytes(IAC, SE)]));
      for (const name of ["t1", "u1"])
        await expect.poll(() => agent.log(name).toString()).toContain(`after ${turn}`);
    }
    const expected = "before first\r\nafter first\r\nbefore second\r\nafter second\r\n";
    for (const name of ["t1", "u1"]) {
      expect(agent.log(name).toString()).toBe(expected);
      expect(agent.gaps(name)).toEqual([]);
    }
  });

  test("knows its viewers by their tokens: the keyboard is its writer's, whoever comes back first", async () => {
    const rig = new ConfedRig();
    const device = await rig.device("n1");
    const agent = await rig.startAgent({ consoles: [device.entry], upgradable: true });
    await agent.process.logged("console up", { console: "n1" });
    let writer = rig.attach(agent, { console: "n1", subject: "writer" });
    expect((await writer.whenOpened()).mode).toBe("WRITE");
    let reader = rig.attach(agent, { console: "n1", subject: "reader" });
    expect((await reader.whenOpened()).mode).toBe("VIEW");
    for (const turn of ["first", "second"]) {
      await device.feed(Buffer.from(`before ${turn}\r\n`));
      await writer.saw(`before ${turn}\r\n`);
      const answer = await upgrade(rig, agent);
      expect(answer.done).toBe(true);
      for (const viewer of [writer, reader]) {
        await viewer.whenEnded();
        expect(viewer.ended).toMatchObject({ reattach: true, error: { code: "unavailable" } });
      }
      await device.feed(Buffer.from(`after ${turn}\r\n`));
      const back = async ({ opened, endOffset }: Attached, { resumeToken = opened?.resumeToken } = {}) => {
        const from = { logId: opened?.start?.logId ?? "", offset: endOffset };
        const again = rig.attach(agent, {
          ...{ console: "n1", subject: "again", from, supersedesSessionId: opened?.sessionId ?? "" },
          resumeToken: resumeToken ?? Buffer.alloc(0),
        });
        return { again, opened: await again.whenOpened() };
      };
      // All of them ask for the keyboard, one with the right session and the wrong token.
      const { again: thief, opened: stolen } = await back(writer, { resumeToken: Buffer.alloc(16) });
      expect([stolen.mode, stolen.writer]).toEqual(["VIEW", "writer"]);
      const { again: reading, opened: readers } = await back(reader);
      expect([readers.mode, readers.writer]).toEqual(["VIEW", "writer"]);
      const { again: writing, opened: writers } = await back(writer);
      expect(writers.mode).toBe("WRITE");
      for (const viewer of [reading, writing]) await viewer.saw(`after ${turn}\r\n`);
      for (const { gaps, output } of [reading, writing]) {
        expect(gaps).toEqual([]);
        expect(output.toString()).toBe(`after ${turn}\r\n`);
      }
      rig.close(thief);
      // Nobody but those who are here holds a seat any more.
      const { client } = rig.channel(agent);
      const seated = async () => (await client.inspect({ console: "n1" }, { signal })).viewers.length;
      await expect.poll(seated).toBe(2);
      [writer, reader] = [writing, reading];
      // Later turns know the writer by the name it first had.
      rig.close(writer);
      await expect.poll(seated).toBe(1);
      writer = rig.attach(agent, { console: "n1", subject: "writer" });
      expect((await writer.whenOpened()).mode).toBe("WRITE");
    }
  });

  test("sends whoever asks again to the process that took over, and its variable to no child", async () => {
    const rig = new ConfedRig();
    const device = await rig.device("n1");
    let connections = 0;
    device.server.on("connection", () => {
      connections += 1;
    });
    const environment = { name: "env", transport: "exec", argv: ["/bin/sh", "-c", "env; exec cat"] };
    const agent = await rig.startAgent({ consoles: [device.entry, environment], upgradable: true });
    await agent.process.logged("console up", { console: "n1" });
    const { client } = rig.channel(agent);
    const pids = new Set([agent.process.pid]);
    for (let turn = 1; turn <= 3; turn += 1) {
      pids.add((await client.upgrade({ planOnly: false, subject: "tester" }, { signal })).pid);
      // The one before has n1's link, too, and would close it.
      await client.control({ selection: "n1", reconnect: {}, subject: "tester" }, { signal });
      await expect.poll(() => connections, { timeout: 10_000 }).toBe(1 + turn);
      await device.feed(Buffer.from(`after ${turn}\r\n`));
      await expect.poll(() => agent.log("n1").toString(), { timeout: 10_000 }).toContain(`after ${turn}`);
      const told = () => agent.log("env").toString().split("PATH=").length - 1;
      await expect.poll(told, { timeout: 10_000 }).toBe(1 + turn);
    }
    expect(pids.size).toBe(4);
    expect(agent.log("n1").toString()).toBe("after 1\r\nafter 2\r\nafter 3\r\n");
    expect(agent.log("env").toString()).not.toContain("CONFED");
  });

  test("answers at once though a head does not, and goes on with an outage where it was", async () => {
    const rig = new ConfedRig();
    const head = await rig.startHead();
    const device = await rig.device("n1");
    const gone = { name: "gone", transport: "tcp", host: "127.0.0.1", port: await freePort() };
    const agent = await rig.startAgent({
      heads: [head.address],
      consoles: [device.entry, gone],
      upgradable: true,
    });
    await agent.process.logged("joined head", {});
    const statusOf = () => rig.channel(agent).client.inspect({ console: "gone" }, { signal });
    for (let turn = 1; turn <= 2; turn += 1) {
      await expect
        .poll(async () => (await statusOf()).attempt, { timeout: 10_000 })
        .toBeGreaterThan(4 * turn);
      const before = await statusOf();
      const logged = agent.process.lines.length;
      process.kill(head.process.pid, "SIGSTOP");
      const answer = await upgrade(rig, agent).finally(() => process.kill(head.process.pid, "SIGCONT"));
      const answeredMs = systemClock.wallTimeMs();
      expect(answer).toMatchObject({ done: true, unconnected: 1 });
      const { time } = await agent.process.logged("another process has taken over", {}, logged);
      // It used to wait three seconds for the head to let go.
      expect(answeredMs - Date.parse(String(time))).toBeLessThan(2_000);
      await agent.process.logged("ended", {}, logged);
      const after = await statusOf();
      expect(after.attempt).toBeGreaterThanOrEqual(before.attempt);
      expect([after.sinceMs, after.cause?.code]).toEqual([before.sinceMs, "connection_refused"]);
    }
  });
});
