import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfedRig, type RigAgent, type RigDevice, runConfed } from "@confed/testkit";
import type { TailNamesReceived } from "@confed/wire";
import { describe, expect, test, vi } from "vitest";

/** On a busy machine all are slow. */
const PATIENCE = { timeout: 20_000 };

const signal = new AbortController().signal;
const RETRY = { first: "50ms", max: "200ms" };

/** Two shards, each of which has some of these consoles. */
async function startTwo(names: readonly string[], heads: readonly string[] = []) {
  const rig = new ConfedRig();
  const devices = await Promise.all(names.map((name) => rig.device(name)));
  const agent = await rig.startAgent({ consoles: devices.map(({ entry }) => entry), shards: 2, heads });
  const ups = await Promise.all(names.map((name) => agent.process.logged("console up", { console: name })));
  const shardOf = (name: string) => ups.find((line) => line["console"] === name)?.["shard"];
  expect(new Set(names.map(shardOf))).toEqual(new Set([0, 1]));
  const writeTable = (text: string) => {
    const path = join(rig.directory, "sn01-consoles.jsonl");
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  return { rig, devices, agent, shardOf, writeTable };
}

const tableOf = (devices: readonly RigDevice[], more: Readonly<Record<string, object>> = {}) =>
  devices.map(({ entry }) => `${JSON.stringify({ retry: RETRY, ...entry, ...more[entry.name] })}\n`).join("");

/** At the port of each shard. */
function ports({ address }: RigAgent): readonly string[] {
  const [host, port] = address.split(":");
  return [address, `${host}:${Number(port) + 1}`];
}

const NAMES = ["n1", "n2", "n3", "n4", "n5", "n6"];

describe("the configuration of an agent of two shards", () => {
  test("is planned and taken up for the whole host, whichever shard is asked, and touches what changed", async () => {
    const { rig, devices, agent, writeTable } = await startTwo(NAMES);
    const stays = rig.attach(agent, { console: "n6" });
    await stays.whenOpened();
    const fresh = await rig.device("n7");
    for (const [round, address] of ports(agent).entries()) {
      const before = round === 0 ? devices : [...devices.slice(1), fresh];
      const after = round === 0 ? [...devices.slice(1), fresh] : devices;
      const labels = { n3: { connectTimeout: `${round + 5}s` }, n4: { labels: { round: String(round) } } };
      // Faster than the watch, which waits until the file is left alone.
      writeTable(tableOf(after, labels));
      const ask = async (planOnly: boolean) => {
        const { client } = rig.channel({ ...agent, address });
        return (await client.control({ selection: "", reload: { planOnly }, subject: "tester" }, { signal }))
          .plan;
      };
      const plan = await ask(true);
      const expected = {
        start: { count: 1, names: [round === 0 ? "n7" : "n1"] },
        stop: { count: 1, names: [round === 0 ? "n1" : "n7"] },
        restart: { count: 1, names: ["n3"] },
        relabel: { count: 1, names: ["n4"] },
        untouched: before.length - 3,
      };
      expect(plan).toMatchObject({ ...expected, done: false });
      const from = agent.process.lines.length;
      expect(await ask(false)).toMatchObject({ ...expected, done: true });
      await agent.process.logged("console removed", { console: round === 0 ? "n1" : "n7" }, from);
      await agent.process.logged("console up", { console: round === 0 ? "n7" : "n1" }, from);
      await agent.process.logged("console up", { console: "n3" }, from);
      const n4 = await rig.channel(agent).client.inspect({ console: "n4" }, { signal });
      expect(n4.labels).toEqual({ round: String(round) });
    }
    expect(stays.messages.filter(({ event, gap, end }) => event ?? gap ?? end)).toEqual([]);
  });

  test("is refused whole when it has a fault, and the status says so until it is mended, each of two times", async () => {
    const { rig, devices, agent, writeTable } = await startTwo(NAMES);
    for (let round = 0; round < 2; round += 1) {
      writeTable(`${tableOf(devices.slice(1))}{"name":"n9","transport":"tcp","host":"h","prot":1}\n`);
      const refused = await runConfed(["reload", "--agent", agent.address]);
      expect(refused.status).toBe(2);
      expect(refused.stderr).toMatch(/sn01-consoles\.jsonl:6:.*prot/);
      const status = await rig.channel(agent).client.status({}, { signal });
      expect(status.trouble?.message).toMatch(/config stale since/);
      expect(status.consoles).toEqual({ CONNECTED: 6 });
      writeTable(tableOf(devices));
      expect((await runConfed(["reload", "--agent", agent.address])).status).toBe(0);
      expect((await rig.channel(agent).client.status({}, { signal })).trouble).toBeNull();
    }
  });

  test("is edited by confed console, and a log that logrotate moved is opened anew by all shards", async () => {
    const { rig, devices, agent } = await startTwo(NAMES);
    const config = ["--config", join(rig.directory, "sn01-again.json")];
    const fresh = await rig.device("added");
    const { host, port } = fresh.entry as { host: string; port: number };
    const added = await runConfed([
      ...["console", "add", "added", "transport=tcp", `host=${host}`, `port=${port}`],
      ...config,
    ]);
    expect(added.stderr).toBe("");
    await agent.process.logged("console up", { console: "added" });
    expect((await runConfed(["console", "rm", "added", ...config])).status).toBe(0);
    await agent.process.logged("console removed", { console: "added" });

    for (const device of devices) await device.feed(Buffer.from("before\r\n"));
    await vi.waitFor(() => {
      for (const name of NAMES) expect(agent.log(name).toString()).toBe("before\r\n");
    }, PATIENCE);
    for (const name of NAMES) renameSync(agent.logPath(name), `${agent.logPath(name)}.1`);
    const from = agent.process.lines.length;
    process.kill(agent.process.pid, "SIGUSR1");
    await agent.process.logged("console logs opened anew", {}, from);
    for (const device of devices) await device.feed(Buffer.from("after\r\n"));
    await vi.waitFor(() => {
      for (const name of NAMES) expect(agent.log(name).toString()).toBe("after\r\n");
    }, PATIENCE);
  });
});

describe("whoever asks one shard of a host", () => {
  test("gets what all have: lists, logs, tails, attaches and reconnects", async () => {
    const { rig, devices, agent } = await startTwo(NAMES);
    for (const [at, device] of devices.entries()) await device.feed(Buffer.from(`hello of n${at + 1}\r\n`));
    await vi.waitFor(() => {
      for (const name of NAMES) expect(agent.log(name).toString()).toContain(name);
    }, PATIENCE);
    for (const address of ports(agent)) {
      const at = { ...agent, address };
      const ls = rig.rcons(at, "ls");
      expect(await ls.exited).toBe(0);
      for (const name of NAMES) expect(ls.output).toMatch(new RegExp(`^${name} .*sn01\\.[01]`, "m"));
      for (const name of NAMES) {
        const log = rig.rcons(at, "log", name);
        expect(await log.exited).toBe(0);
        expect(log.output).toMatch(new RegExp(`hello of ${name}\r\n$`));
        const viewer = rig.attach(at, { console: name, replayLines: 1 });
        await viewer.saw(`hello of ${name}`);
        viewer.type("typed");
        await viewer.inputTaken();
        viewer.stream.end();
        await viewer.whenEnded();
      }
      const unknown = rig.rcons(at, "ls", "n1,nobody");
      expect(await unknown.exited).toBe(3);
      expect(unknown.output).toContain("n1");

      const named = new Map<number, string>();
      const seen = new Map<string, string>();
      const tail = rig.channel(at).client.tail({ selection: "*", from: {} }, { signal });
      const complete = new Promise<void>((resolve, reject) => {
        tail.receive(({ names, batch }) => {
          for (const { number, console } of (names as TailNamesReceived | null)?.names ?? [])
            named.set(number, console);
          let from = 0;
          for (const [record, number] of (batch?.consoles ?? []).entries()) {
            const length = batch!.lengths[record]!;
            const name = named.get(number)!;
            const text = Buffer.from(batch!.data.subarray(from, from + length)).toString();
            seen.set(name, (seen.get(name) ?? "") + text);
            from += length;
          }
          if (NAMES.every((name) => seen.get(name)?.includes("tailed"))) resolve();
        }, reject);
      });
      await vi.waitFor(() => {
        expect(named.size).toBe(NAMES.length);
      }, PATIENCE);
      for (const device of devices) await device.feed(Buffer.from("tailed\r\n"));
      await complete;
      tail.cancel();

      const from = agent.process.lines.length;
      const reconnect = rig.rcons(at, "reconnect", "*");
      expect(await reconnect.exited).toBe(0);
      await Promise.all(NAMES.map((name) => agent.process.logged("console up", { console: name }, from)));
      for (const [index, device] of devices.entries())
        await device.feed(Buffer.from(`hello of n${index + 1}\r\n`));
    }
  });
});
