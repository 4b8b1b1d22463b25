import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfedRig, type RigAgent, type RigDevice, runConfed } from "@confed/testkit";
import { describe, expect, test, vi } from "vitest";

/** On a busy machine all are slow. */
const PATIENCE = { timeout: 20_000 };

const NAMES = Array.from({ length: 12 }, (_, at) => `n${at + 1}`);

async function startWithDevices(
  shards: number | undefined,
  rig = new ConfedRig(),
  heads: readonly string[] = [],
) {
  const devices = await Promise.all(NAMES.map((name) => rig.device(name)));
  const consoles = devices.map(({ entry }) => entry);
  const agent = await rig.startAgent({ consoles, shards: shards ?? 1, heads });
  await allUp(agent, 0);
  return { rig, devices, agent };
}

function allUp(agent: RigAgent, from: number) {
  return Promise.all(NAMES.map((name) => agent.process.logged("console up", { console: name }, from)));
}

/** Every console prints something of its own, and it is in the log. */
async function print(agent: RigAgent, devices: readonly RigDevice[], round: number, printed: string[]) {
  await Promise.all(
    devices.map(async (device, at) => {
      const text = `${NAMES[at]} in round ${round}\r\n`;
      printed[at] = (printed[at] ?? "") + text;
      await device.feed(Buffer.from(text));
    }),
  );
  await vi.waitFor(() => {
    for (const [at, name] of NAMES.entries()) expect(agent.log(name).toString()).toBe(printed[at]);
  }, PATIENCE);
}

/** One log id, no gap, and every offset is the byte it was printed as. */
async function expectWhole(rig: ConfedRig, agent: RigAgent, printed: readonly string[]) {
  for (const [at, name] of NAMES.entries()) {
    expect(agent.gaps(name)).toEqual([]);
    const segments = agent.index(name).flatMap((record) => (record.t === "seg" ? record.log : []));
    expect(new Set(segments).size).toBe(1);
    // It only looks: whoever is on the way back wants the keyboard.
    const from = { logId: segments[0]!, offset: 0 };
    const viewer = rig.attach(agent, { console: name, mode: "VIEW", from });
    await viewer.until(() => viewer.output.length >= printed[at]!.length);
    expect(viewer.output.toString()).toBe(printed[at]);
    expect(viewer.gaps).toEqual([]);
  }
}

async function expectProven(rig: ConfedRig) {
  const verified = await runConfed(["logs", "verify", "--config", join(rig.directory, "sn01-again.json")]);
  expect(verified.stdout).toContain("12 of 12 logs are proven");
  expect(verified.stdout).not.toContain("gap");
}

describe("an agent started again with another number of shards", () => {
  test("goes on numbering where each console stood, from one process to three and back", async () => {
    const { rig, devices, agent } = await startWithDevices(undefined);
    const argv = agent.process.argv;
    const printed: string[] = [];
    await print(agent, devices, 0, printed);
    let round = 0;
    for (const shards of [2, 3, 1, 3, 2, 1]) {
      round += 1;
      await agent.process.stop();
      await expectProven(rig);
      agent.process.argv = [...argv, "--shards", String(shards)];
      await agent.process.start();
      const ups = await allUp(agent, 0);
      expect(new Set(ups.map((line) => line["shard"])).size).toBe(shards);
      await print(agent, devices, round, printed);
      await expectWhole(rig, agent, printed);
    }
    await agent.process.stop();
    await expectProven(rig);
  });

  test("marks a gap, and gives no offset twice, when it was killed before", async () => {
    const { devices, agent } = await startWithDevices(2);
    const argv = agent.process.argv;
    const printed: string[] = [];
    await print(agent, devices, 0, printed);
    for (const [round, shards] of [3, 1, 2].entries()) {
      // All at once: nobody has time to end in order.
      for (const { pid } of agent.process.descendants()) process.kill(pid, "SIGKILL");
      await agent.process.kill();
      agent.process.argv = [...argv, "--shards", String(shards)];
      await agent.process.start();
      await allUp(agent, 0);
      await print(agent, devices, round + 1, printed);
      for (const name of NAMES) {
        const gaps = agent.gaps(name);
        expect(gaps.map(({ why }) => why)).toEqual(Array.from({ length: round + 1 }, () => "agent-restart"));
        for (const [at, gap] of gaps.entries()) expect(gap.off).toBeGreaterThanOrEqual(gaps[at - 1]?.to ?? 0);
      }
    }
  });
});

describe("an agent that runs and whose configuration says another number of shards", () => {
  test("hands over only the consoles that belong elsewhere, without a gap", async () => {
    const outer = new ConfedRig();
    const head = await outer.startHead();
    const { rig, devices, agent } = await startWithDevices(2, outer, [head.address]);
    const watch = outer.watch(head);
    await watch.until(() => NAMES.every((name) => watch.consoles.get(name)?.state === "CONNECTED"));
    const runs = NAMES.map((name) => outer.rcons(head, name, "--raw-terminal"));
    await Promise.all(runs.map((run) => run.told("no output yet")));
    const path = join(rig.directory, "sn01.json");
    const config = JSON.parse(readFileSync(path, "utf8")) as { agent: Record<string, unknown> };
    const printed: string[] = [];
    await print(agent, devices, 0, printed);
    let round = 0;
    for (const shards of [3, 1, 2]) {
      round += 1;
      const from = agent.process.lines.length;
      writeFileSync(`${path}.new`, JSON.stringify({ ...config, agent: { ...config.agent, shards } }));
      renameSync(`${path}.new`, path);
      const line = await agent.process.logged("consoles handed over", { to: shards }, from);
      const moved = () =>
        agent.process.lines.slice(from).filter(({ message }) => message === "console up").length;
      await vi.waitFor(() => {
        expect(moved()).toBe(line["moved"]);
      }, PATIENCE);
      expect(moved()).toBeLessThan(NAMES.length);
      const { shards: rows } = await rig
        .channel(agent)
        .client.status({}, { signal: new AbortController().signal });
      expect(rows.map(({ state }) => state)).toEqual(Array.from({ length: shards }, () => "up"));
      await print(agent, devices, round, printed);
      await expectWhole(rig, agent, printed);
      const owners = Array.from({ length: shards }, (_, index) => `sn01.${index}`);
      await watch.until(() => NAMES.every((name) => owners.includes(watch.consoles.get(name)?.owner ?? "")));
      // Whoever is attached comes back by itself, and has seen everything once.
      await Promise.all(runs.map((run, at) => run.stdout.reached(printed[at]!.length)));
      expect(runs.map(({ output }) => output)).toEqual(printed);
    }
    expect(watch.history.filter(({ state }) => state === "CONFLICT")).toEqual([]);
    await Promise.all(runs.map((run) => run.kill()));
    await agent.process.stop();
    await expectProven(rig);
  });

  test("loses nothing when its supervisor is killed in the middle of it, each of two times", async () => {
    const { rig, devices, agent } = await startWithDevices(2);
    const path = join(rig.directory, "sn01.json");
    const argv = agent.process.argv;
    const printed: string[] = [];
    await print(agent, devices, 0, printed);
    for (const [round, shards] of [3, 2].entries()) {
      const config = JSON.parse(readFileSync(path, "utf8")) as { agent: Record<string, unknown> };
      const from = agent.process.lines.length;
      writeFileSync(`${path}.new`, JSON.stringify({ ...config, agent: { ...config.agent, shards } }));
      renameSync(`${path}.new`, path);
      // The first console has its new owner, others are on their way or still to go.
      await agent.process.logged("console up", {}, from);
      await agent.process.kill();
      // It was started with the file that is now changed again: as the file has it by now.
      const [program, ...args] = argv;
      agent.process.argv = [program, ...args.map((word) => (word.endsWith("sn01-again.json") ? path : word))];
      await agent.process.start();
      await allUp(agent, 0);
      await print(agent, devices, round + 1, printed);
      await expectWhole(rig, agent, printed);
    }
    await agent.process.stop();
    await expectProven(rig);
  });
});
