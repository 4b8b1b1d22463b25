import { consoleTable, spawnRack, verifyLog } from "@confed/simulator";
import { ConfedRig, type RigAgent, readToTheEnd } from "@confed/testkit";
import { describe, expect, test } from "vitest";

const ROUNDS = 2;

/** Where in the log file bytes are owned to be missing: where the segment after each gap begins. */
function gapPositions(agent: RigAgent, console: string): number[] {
  const records = agent.index(console);
  return agent.gaps(console).flatMap(({ to }) => {
    const segment = records.find((record) => record.t === "seg" && record.off >= to);
    return segment?.t === "seg" ? [segment.pos] : [];
  });
}

describe("a shard killed by SIGKILL while consoles print", () => {
  test("touches the links of its own consoles only; they come back, and their logs mark what is missing", async () => {
    await using rack = await spawnRack({ consoles: 24, linesPerSecond: 50, lineBytes: 80 });
    const consoles = consoleTable(rack);
    const rig = new ConfedRig();
    const agent = await rig.startAgent({ consoles, shards: 2 });
    const lineOf = (name: string) => agent.process.logged("console up", { console: name });
    const ups = await Promise.all(consoles.map(({ name }) => lineOf(name)));
    const namesOf = (shard: number) =>
      ups.filter((line) => line["shard"] === shard).map((line) => String(line["console"]));
    const [own, others] = [namesOf(1), namesOf(0)];
    const untouched = rig.attach(agent, { console: others[0]! });
    await untouched.whenOpened();
    // Through the shard that stays: its way to the console breaks, and it comes back by itself.
    const relayed = rig.rcons(agent, own[0]!, "-s", "--raw-terminal");
    await relayed.stdout.reached(500);

    for (let round = 0; round < ROUNDS; round += 1) {
      const from = agent.process.lines.length;
      const [before, said] = [await rack.stats(), relayed.stderr.length];
      const [ready] = agent.process.lines
        .filter(({ message, shard }) => message === "shard ready" && shard === 1)
        .slice(-1);
      process.kill(Number(ready!["pid"]), "SIGKILL");
      const died = await agent.process.logged("shard died; only its own consoles are touched", {}, from);
      expect(died["cause"]).toBe("[process_exited] shard sn01.1 ended: SIGKILL");
      // Whoever asks for one of its consoles meanwhile is told to come back.
      await Promise.all(own.map((name) => agent.process.logged("console up", { console: name }, from)));
      const connectionsSince = async () => (await rack.stats()).connections - before.connections;
      // The rack knows of one when it accepts it, the agent when its kernel does.
      await expect.poll(connectionsSince).toBe(own.length);
      const viewer = rig.attach(agent, { console: own[0]! });
      await viewer.until(() => viewer.output.length > 500);
      // Else the next death may meet it while it is still away from this one.
      await relayed.told("[back after", said);
      await relayed.stdout.reached(relayed.stdout.length + 500);
      const down = agent.process.lines.slice(from).filter(({ message }) => message === "console down");
      expect(down).toEqual([]);
    }
    // Its two pipes are read in any order: all of both is here at its end.
    await relayed.kill();
    expect(relayed.stderr.match(/shard 1 of this agent ended/g)).toHaveLength(ROUNDS);
    expect(untouched.messages.filter(({ event, gap, end }) => event ?? gap ?? end)).toEqual([]);

    await readToTheEnd(rack, agent.process);
    await agent.process.stop();
    for (const sent of await rack.sentAll()) {
      const gapsAtBytes = gapPositions(agent, sent.console);
      expect(gapsAtBytes).toHaveLength(own.includes(sent.console) ? ROUNDS : 0);
      expect(await verifyLog(agent.log(sent.console), sent, { gapsAtBytes })).toMatchObject({
        exact: true,
        missing: [],
      });
    }
  });

  test("is tried slowly when it dies again and again, and the status says so", async () => {
    const rig = new ConfedRig();
    const device = await rig.device("n1");
    const agent = await rig.startAgent({ consoles: [device.entry], shards: 2 });
    const shard = (await agent.process.logged("console up", { console: "n1" }))["shard"] as number;
    for (let death = 1; death <= 5; death += 1) {
      const lives = agent.process.lines.filter(
        (line) => line.message === "shard ready" && line["shard"] === shard,
      );
      const from = agent.process.lines.length;
      process.kill(Number(lives.at(-1)!["pid"]), "SIGKILL");
      if (death < 5) await agent.process.logged("console up", { console: "n1" }, from);
    }
    const id = `sn01.${shard}`;
    await agent.process.logged("a shard dies again and again; it is tried rarely from now on", { shard: id });
    const { signal } = new AbortController();
    const [host, port] = agent.address.split(":");
    const other = { ...agent, address: `${host}:${Number(port) + (shard === 0 ? 1 : 0)}` };
    const { shards } = await rig.channel(other).client.status({}, { signal });
    expect(shards.map((row) => [row.id, row.state])).toEqual([
      ["sn01.0", shard === 0 ? "down" : "up"],
      ["sn01.1", shard === 1 ? "down" : "up"],
    ]);
    expect(shards[shard]?.cause?.message).toContain("SIGKILL");
  });
});

describe("a supervisor killed by SIGKILL", () => {
  test("leaves no shard behind, and the next one goes on without a gap, each of two times", async () => {
    const rig = new ConfedRig();
    const devices = await Promise.all(["n1", "n2", "n3", "n4"].map((name) => rig.device(name)));
    const agent = await rig.startAgent({ consoles: devices.map(({ entry }) => entry), shards: 2 });
    const all = (from: number) =>
      Promise.all(
        devices.map(({ entry }) => agent.process.logged("console up", { console: entry.name }, from)),
      );
    await all(0);
    for (let round = 0; round < 2; round += 1) {
      // Rejects if any child of it stays.
      await agent.process.kill();
      await agent.restart();
      await all(0);
    }
    for (const { entry } of devices) expect(agent.gaps(entry.name)).toEqual([]);
  });
});
