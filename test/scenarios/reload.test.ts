import { chownSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ConsoleTableEntry, consoleTable, spawnRack } from "@confed/simulator";
import { ConfedRig, ConfedRun, type RigAgent, type RigConsole, residentBytesOf } from "@confed/testkit";
import type { TailNamesReceived } from "@confed/wire";
import { describe, expect, test } from "vitest";

const signal = new AbortController().signal;
const RETRY = { first: "50ms", max: "200ms" };

/** An agent whose table the test rewrites, as an editor does it: a new file in the old one's place. */
async function startReloadable(consoles: readonly RigConsole[], heads: readonly string[] = []) {
  const rig = new ConfedRig();
  const agent = await rig.startAgent({ consoles, heads });
  const path = join(rig.directory, "sn01-consoles.jsonl");
  const write = (text: string) => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  const table = (entries: readonly RigConsole[]) =>
    entries.map((entry) => `${JSON.stringify({ retry: RETRY, ...entry })}\n`).join("");
  return { rig, agent, write, writeTable: (entries: readonly RigConsole[]) => write(table(entries)) };
}

const entriesOf = (list: readonly ConsoleTableEntry[]): readonly RigConsole[] =>
  list.map((entry) => ({ ...entry }));

function reload(rig: ConfedRig, agent: RigAgent, planOnly = false) {
  const request = { selection: "", reload: { planOnly }, subject: "tester" };
  return rig.channel(agent).client.control(request, { signal });
}

describe("a configuration that changes under an agent with 1,000 printing consoles", () => {
  test("touches the link of the console that changed, and no other", async () => {
    await using rack = await spawnRack({ consoles: 1_000, linesPerSecond: 10, lineBytes: 80 });
    const entries = entriesOf(consoleTable(rack));
    const { rig, agent, writeTable } = await startReloadable(entries);
    const changedName = entries[500]!.name;
    await Promise.all(entries.map(({ name }) => agent.process.logged("console up", { console: name })));
    const unchanged = rig.attach(agent, { console: entries[0]!.name });
    const changed = rig.attach(agent, { console: changedName });
    await Promise.all([unchanged.whenOpened(), changed.whenOpened()]);
    const before = await rack.stats();
    const logged = agent.process.lines.length;

    writeTable(
      entries.map((entry) => (entry.name === changedName ? { ...entry, connectTimeout: "7s" } : entry)),
    );
    const line = await agent.process.logged("configuration read again", {}, logged);
    expect(line).toMatchObject({ by: "a file that changed", start: 0, stop: 0, restart: 1, untouched: 999 });
    expect(line["durationMs"]).toBeLessThan(1_000);
    await agent.process.logged("console up", { console: changedName }, logged);
    const more = unchanged.output.length + 2_000;
    await unchanged.until(() => unchanged.output.length > more);

    const connectionsSince = async () => (await rack.stats()).connections - before.connections;
    // The rack knows of one when it accepts it, the agent when its kernel does.
    await expect.poll(connectionsSince).toBe(1);
    const down = agent.process.lines.slice(logged).filter(({ message }) => message === "console down");
    expect(down.map(({ console: name }) => name)).toEqual([changedName]);
    expect(unchanged.messages.filter(({ event, gap, end }) => event ?? gap ?? end)).toEqual([]);
    expect(changed.ended).toBeUndefined();
    expect(changed.messages.flatMap(({ event }) => event?.text ?? [])).toContain(
      "the configuration of this console has changed",
    );
  });
});

describe("a configuration with a fault", () => {
  test("changes nothing and is said in the status until it is mended, each of two times", async () => {
    const rig0 = await startReloadable([]);
    const { rig, agent, write, writeTable } = rig0;
    const device = await rig.device("n1");
    const status = () => rig.channel(agent).client.status({}, { signal });
    writeTable([device.entry]);
    await agent.process.logged("console up", { console: "n1" });
    const viewer = rig.attach(agent, { console: "n1" });
    await viewer.whenOpened();
    for (let round = 0; round < 2; round += 1) {
      const logged = agent.process.lines.length;
      write(
        `${JSON.stringify(device.entry)}\n{"name":"n2","transport":"tcp","host":"h","port":1,"prot":1}\n`,
      );
      await agent.process.logged("the configuration has faults; the old one stays in force", {}, logged);
      const { trouble, consoles } = await status();
      expect(trouble?.message).toMatch(/config stale since \d{4}-.*Z: .*sn01-consoles\.jsonl:2:\d+: .*prot/);
      expect(consoles).toEqual({ CONNECTED: 1 });
      const answer = await reload(rig, agent);
      expect(answer.plan).toBeNull();
      expect(answer.errors.map(({ message }) => message).join("\n")).toContain("sn01-consoles.jsonl:2:");

      writeTable([device.entry]);
      await agent.process.logged("the configuration is good again", {}, logged);
      expect((await status()).trouble).toBeNull();
    }
    expect(viewer.messages.filter(({ event, end }) => event ?? end)).toEqual([]);
    expect(agent.process.lines.filter(({ message }) => message === "console up")).toHaveLength(1);
  });
});

describe("consoles that come, go and change their labels", () => {
  test("are shown so by the head and to a tail at once", async () => {
    const outer = new ConfedRig();
    const head = await outer.startHead();
    const { rig, agent, writeTable } = await startReloadable([], [head.address]);
    const [stays, goes, comes] = await Promise.all(
      ["stays", "goes", "comes"].map((name) => rig.device(name)),
    );
    const red = { labels: { colour: "red" } };
    writeTable([
      { ...stays!.entry, ...red },
      { ...goes!.entry, ...red },
    ]);
    const watch = outer.watch(head);
    await Promise.all([watch.shows("stays", "CONNECTED"), watch.shows("goes", "CONNECTED")]);
    const named: TailNamesReceived[] = [];
    let heard: () => void = () => undefined;
    rig
      .channel(agent)
      .client.tail({ selection: "colour=red", from: {} }, { signal })
      .receive(
        ({ names }) => {
          if (names) named.push(names);
          heard();
        },
        () => undefined,
      );
    const tailSaid = async (done: () => boolean) => {
      while (!done()) await new Promise<void>((resolve) => (heard = resolve));
    };
    const numberOf = (name: string) =>
      named.flatMap(({ names }) => names).findLast(({ console: candidate }) => candidate === name)?.number ??
      0;
    const ended = (name: string) =>
      numberOf(name) > 0 && named.some((each) => each.ended.includes(numberOf(name)));
    await tailSaid(() => numberOf("stays") > 0 && numberOf("goes") > 0);
    const viewer = rig.attach(agent, { console: "goes" });
    await viewer.whenOpened();

    writeTable([stays!.entry, { ...comes!.entry, ...red }]);
    await watch.shows("comes", "CONNECTED");
    await watch.until(() => !watch.consoles.has("goes"));
    await watch.until(() => Object.keys(watch.consoles.get("stays")!.labels).length === 0);
    await tailSaid(() => ended("goes") && ended("stays") && numberOf("comes") > 0);
    expect((await viewer.whenEnded())?.message).toContain("goes was removed from the configuration");
    expect(viewer.ended?.reattach).toBe(false);
    // The console whose labels changed has the link it had.
    const ups = agent.process.lines.filter(
      (line) => line.message === "console up" && line["console"] === "stays",
    );
    expect(ups).toHaveLength(1);
  });
});

describe("a console that is added, edited and removed by command", () => {
  test("is taken up at once; what another file defines, and what is wrong, is refused", async () => {
    const { rig, agent } = await startReloadable([{ name: "n1", transport: "exec", argv: ["cat"] }]);
    const [added, moved] = await Promise.all([rig.device("n2"), rig.device("n2")]);
    const confed = async (...args: readonly string[]) => {
      const run = new ConfedRun(["console", ...args], {
        // The one that names the port which was bound: how the command finds the agent.
        env: { CONFED_CONFIG: join(rig.directory, "sn01-again.json") },
      });
      return { status: await run.exited, stdout: run.stdout, stderr: run.stderr };
    };
    const asRoot = process.getuid?.() === 0;
    // Root edits what an agent without root reads and, tomorrow, edits itself.
    if (asRoot) chownSync(agent.stateDir, 65_534, 65_534);
    const port = String(added.entry["port"]);
    const first = await confed("add", "n2", "transport=tcp", "host=127.0.0.1", `port=${port}`);
    // The agent may have seen the file by itself before it was asked.
    expect(first).toMatchObject({ status: 0, stdout: expect.stringContaining("untouched") as string });
    await agent.process.logged("console up", { console: "n2" });
    const { uid } = statSync(agent.stateDir);
    expect(readdirSync(agent.stateDir)).toContain("editing");
    expect(statSync(join(agent.stateDir, "editing")).uid).toBe(uid);
    const viewer = rig.attach(agent, { console: "n2" });
    await viewer.whenOpened();

    const logged = agent.process.lines.length;
    const edited = await confed("edit", "n2", `port=${String(moved.entry["port"])}`);
    expect(edited).toMatchObject({ status: 0 });
    await agent.process.logged("console up", { console: "n2" }, logged);
    await moved.feed(Buffer.from("from the other one"));
    await viewer.saw("from the other one");

    const table = join(agent.stateDir, "consoles.jsonl");
    const kept = readFileSync(table, "utf8");
    const taken = await confed("add", "n1", "transport=tcp", "host=h", "port=1");
    expect(taken.status).toBe(2);
    expect(taken.stderr).toMatch(
      /consoles\.jsonl:2:\d+: .*n1.* is taken by the console at .*sn01-consoles\.jsonl:1:/,
    );
    expect(await confed("edit", "n2", "prot=1")).toMatchObject({ status: 2 });
    expect(await confed("rm", "n1")).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("another file defines it") as string,
    });
    expect(readFileSync(table, "utf8")).toBe(kept);

    expect(await confed("rm", "n2")).toMatchObject({ status: 0 });
    expect((await viewer.whenEnded())?.message).toContain("n2 was removed from the configuration");
    expect(readFileSync(table, "utf8")).toBe("");
  });
});

describe("SIGHUP", () => {
  test("makes an agent read its configuration again", async () => {
    const { rig, agent, writeTable } = await startReloadable([]);
    const device = await rig.device("n1");
    writeTable([device.entry]);
    process.kill(agent.process.pid, "SIGHUP");
    await agent.process.logged("configuration read again", { by: "SIGHUP", start: 1 });
    await agent.process.logged("console up", { console: "n1" });
  });
});

/** What 200 reloads may add to the memory of an agent. */
const GROWN_BYTES_MAX = 16 * 1024 * 1024;

describe("a configuration read again 1,000 times under load", () => {
  test("touches what changed, leaves no descriptor and no memory behind, and viewers see nothing", async () => {
    await using rack = await spawnRack({ consoles: 100, linesPerSecond: 100, lineBytes: 80 });
    const entries = entriesOf(consoleTable(rack));
    const { rig, agent, writeTable } = await startReloadable(entries);
    await agent.process.logged("console up", { console: entries[0]!.name });
    const viewer = rig.attach(agent, { console: entries[0]!.name });
    await viewer.whenOpened();
    const { client } = rig.channel(agent);
    const { pid } = agent.process;
    const descriptors = () => readdirSync(`/proc/${pid}/fd`).length;
    const rounds = async (count: number) => {
      for (let round = 0; round < count; round += 1) {
        const odd = round % 2 === 1;
        const last = entries.length - 1;
        // One changes its way, one its label, one comes or goes.
        const table = entries.slice(0, odd ? last : undefined).map((entry, at) => {
          if (at === 1 && odd) return { ...entry, connectTimeout: "7s" };
          return at === 2 && odd ? { ...entry, labels: { odd: "yes" } } : entry;
        });
        writeTable(table);
        const { plan, errors } = await client.control(
          { selection: "", reload: {}, subject: "tester" },
          { signal },
        );
        expect(errors).toEqual([]);
        expect(plan?.untouched).toBeGreaterThanOrEqual(97);
      }
    };
    // The heap of a process that works grows to its working size and stays there.
    await rounds(800);
    const fdsBefore = descriptors();
    // A leak grows in every window; a heap that still finds its size, as Node 24's does, in one.
    let grownBytes = Number.POSITIVE_INFINITY;
    for (let window = 0; window < 3 && grownBytes >= GROWN_BYTES_MAX; window += 1) {
      const rssBefore = residentBytesOf(pid);
      await rounds(200);
      grownBytes = residentBytesOf(pid) - rssBefore;
    }
    const { client: asked } = rig.channel(agent);
    const { consoles } = await asked.status({}, { signal });
    expect(Object.values(consoles).reduce((sum, count) => sum + count, 0)).toBe(99);
    process.stderr.write(`200 reloads: ${descriptors() - fdsBefore} descriptors, ${grownBytes} bytes more\n`);
    // One channel more; a link may be being opened or closed.
    expect(Math.abs(descriptors() - fdsBefore)).toBeLessThanOrEqual(4);
    expect(grownBytes).toBeLessThan(GROWN_BYTES_MAX);
    expect(viewer.messages.filter(({ event, gap, end }) => event ?? gap ?? end)).toEqual([]);
    const down = agent.process.lines.filter(({ message }) => message === "console down");
    const changed = [entries[1]!.name, entries.at(-1)!.name];
    expect(new Set(down.map(({ console: name }) => name))).toEqual(new Set(changed));
  });
});
