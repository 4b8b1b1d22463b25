import { consoleTable, spawnRack, verifyLog } from "@confed/simulator";
import { ConfedRig, type RigAgent, readToTheEnd } from "@confed/testkit";
import { describe, expect, test } from "vitest";

const signal = new AbortController().signal;

/** Which shard has each console, by what the log says of links that came up. */
function ownersOf({ process }: RigAgent): ReadonlyMap<string, number> {
  const ups = process.lines.filter(({ message }) => message === "console up");
  return new Map(ups.map((line) => [String(line["console"]), Number(line["shard"])]));
}

describe("an agent of two shards", () => {
  test("logs every console exactly, is two agents to its head, and one to whoever asks any of its ports", async () => {
    await using rack = await spawnRack({ consoles: 40, linesPerSecond: 50, lineBytes: 80 });
    const consoles = consoleTable(rack);
    const rig = new ConfedRig();
    const head = await rig.startHead();
    const agent = await rig.startAgent({ consoles, heads: [head.address], shards: 2 });
    const names = consoles.map(({ name }) => name);
    await Promise.all(names.map((name) => agent.process.logged("console up", { console: name })));
    const owners = ownersOf(agent);
    expect(new Set(owners.values())).toEqual(new Set([0, 1]));

    const watch = rig.watch(head);
    await Promise.all(names.map((name) => watch.shows(name, "CONNECTED")));
    for (const [name, shard] of owners) {
      const status = await rig.channel(head).client.inspect({ console: name }, { signal });
      expect(status.owner).toBe(`sn01.${shard}`);
    }

    // The first port answers for the whole host.
    const client = rig.channel(agent).client;
    const status = await client.status({}, { signal });
    expect(status).toMatchObject({ id: "sn01", consoles: { CONNECTED: 40 } });
    expect(status.shards.map(({ id, state }) => [id, state])).toEqual([
      ["sn01.0", "up"],
      ["sn01.1", "up"],
    ]);
    const elsewhere = names.find((name) => owners.get(name) === 1)!;
    const viewer = rig.attach(agent, { console: elsewhere });
    await viewer.until(() => viewer.output.length > 1_000);
    const ls = rig.rcons(agent, "ls");
    expect(await ls.exited).toBe(0);
    for (const name of names) expect(ls.output).toContain(name);
    await rack.printing(false);
    await readToTheEnd(rack, agent.process);
    await agent.process.stop();
    for (const sent of await rack.sentAll()) {
      expect(await verifyLog(agent.log(sent.console), sent)).toMatchObject({ exact: true });
    }
  });
});
