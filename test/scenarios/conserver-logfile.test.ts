import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfedRig, type RigAgent, type RigDevice, runConfed } from "@confed/testkit";
import { expect, test, vi } from "vitest";

/** Of a conserver.cf in `dir`. */
function fileOf(dir: string, devices: readonly RigDevice[], three: string): string {
  const logfiles = ["", "include rack1;", `logfile ${three};`, 'logfile "";', "logfile logs/&;"];
  const stanzas = devices.map(({ entry }, at) => {
    const { port } = entry as { readonly port?: number };
    return `console ${entry.name} { type host; host 127.0.0.1; protocol raw; port ${port}; ${logfiles[at]} }\n`;
  });
  return `default rack1 { logfile ${dir}/cons/rack1/&.console; }
default * { logfile ${dir}/cons/&; master localhost; rw *; }
${stanzas.join("")}console again { type exec; exec cat; logfile ${dir}/cons/n1; }
`;
}

test.each([undefined, 2])(
  "each console is logged where its conserver.cf says, and one that changes goes on elsewhere alone, twice (shards %s)",
  async (shards) => {
    const rig = new ConfedRig();
    const dir = rig.directory;
    const file = join(dir, "conserver.cf");
    const names = ["n1", "n2", "n3", "n4", "n5"];
    const devices = await Promise.all(names.map((name) => rig.device(name)));
    const text = (three: string) => fileOf(dir, devices, join(dir, three));
    writeFileSync(file, text("three.log"));
    const agent = await rig.startAgent({
      consoles: [],
      ...(shards === undefined ? {} : { shards }),
      agent: { conserver: { file } },
      logs: { path: undefined, rotate: { size: "64KiB" } },
    });
    const [, , third] = devices;
    if (third === undefined) throw new Error("no third");
    await Promise.all(names.map((console) => agent.process.logged("console up", { console })));
    const said = agent.process.lines.map(({ message }) => message);
    expect(said.filter((each) => each.includes(`${file}:`)).map((each) => each.replaceAll(dir, ""))).toEqual([
      "/conserver.cf:6:9: console n4: has no logfile, and is logged where logs.path says (every console is logged)",
      "/conserver.cf:7:9: console n5: is logged where logs.path says, not in logs/& (a logfile is an absolute path of a file, without ..)",
      "/conserver.cf:8:9: console again: is left out: its log file is that of console n1 (give each console a file of its own: & stands for its name)",
    ]);
    const feed = (line: string) => Promise.all(devices.map((each) => each.feed(Buffer.from(line))));
    const at = (path: string) => readIfAny(join(dir, path));
    const others = ["cons/n1", "cons/rack1/n2.console", "cons/n4", "cons/n5"];
    await feed("a\n");
    await vi.waitFor(() => {
      expect([...others, "three.log"].map(at)).toEqual(Array<string>(5).fill("a\n"));
    }, PATIENCE);
    let all = "a\n";
    for (const path of ["elsewhere/n3.log", "three.log"]) {
      const from = agent.process.lines.length;
      writeFileSync(file, text(path));
      const read = await agent.process.logged("configuration read again", { relabel: 1 }, from);
      expect(read).toMatchObject({ start: 0, stop: 0, restart: 0, demand: 0, untouched: 4 });
      await logPath(rig, agent, "n3", join(dir, path));
      await feed(`${path}\n`);
      all += `${path}\n`;
      await vi.waitFor(() => {
        expect(at(path)?.endsWith(`${path}\n`)).toBe(true);
        expect(others.map(at)).toEqual(Array<string>(4).fill(all));
      }, PATIENCE);
      expect(String(await rig.shownLog(agent, "n3"))).toBe(all);
    }
    expect(at("three.log")).toBe("a\nthree.log\n");
    expect(at("elsewhere/n3.log")).toBe("elsewhere/n3.log\n");
    // No link was opened anew.
    expect(agent.process.lines.filter(({ message }) => message === "console up")).toHaveLength(5);
    await agent.process.stop();
    const verify = await runConfed(["logs", "verify", "--config", join(dir, "sn01.json")]);
    expect(verify.stdout).toContain("5 of 5 logs are proven");
  },
);

test("a console whose own log cannot be written goes on, and has all of it when its path is another one, twice", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const inRig = (path: string) => join(rig.directory, path);
  writeFileSync(inRig("blocked"), "a file, no directory");
  const entry = (path: string) => ({ ...device.entry, log: { path: inRig(path) } });
  const agent = await rig.startAgent({ consoles: [entry("blocked/&")] });
  await agent.process.logged("console up", { console: "n1" });
  for (let round = 0; round < 2; round += 1) {
    const from = round === 0 ? 0 : agent.process.lines.length;
    if (round > 0) {
      writeFileSync(inRig("sn01-consoles.jsonl"), `${JSON.stringify(entry("blocked/again/&"))}\n`);
      await agent.process.logged("configuration read again", { relabel: 1 }, from);
    }
    await device.feed(Buffer.from(`lost ${round}?\n`));
    const failing = await agent.process.logged("log cannot be written", { console: "n1" }, from);
    expect(String(failing["error"])).toMatch(/ENOTDIR|EEXIST/);
    writeFileSync(inRig("sn01-consoles.jsonl"), `${JSON.stringify(entry(`own${round}/&`))}\n`);
    await vi.waitFor(() => {
      expect(readIfAny(inRig(`own${round}/n1`))).toBe(`lost ${round}?\n`);
    }, PATIENCE);
  }
  expect(agent.gaps("n1")).toEqual([]);
});

test("a log with a path of its own goes on where it is when the agent is upgraded, and is moved after it, twice", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const inRig = (path: string) => join(rig.directory, path);
  const entry = (path: string) => ({ ...device.entry, log: { path: inRig(path) } });
  const agent = await rig.startAgent({ consoles: [entry("own/&")], upgradable: true });
  await agent.process.logged("console up", { console: "n1" });
  const { signal } = new AbortController();
  const files = ["own/n1", "other/n1"];
  const expected = ["", ""];
  for (let turn = 0; turn < 4; turn += 1) {
    const at = turn % 2;
    const printed = async (text: string) => {
      await device.feed(Buffer.from(text));
      expected[at] = `${expected[at] ?? ""}${text}`;
      await vi.waitFor(() => {
        expect(files.map((path) => readIfAny(inRig(path)) ?? "")).toEqual(expected);
      }, PATIENCE);
    };
    await printed(`before ${turn}\n`);
    const from = agent.process.lines.length;
    const segments = () => agent.index("n1").filter(({ t }) => t === "seg").length;
    const before = segments();
    const { pid } = await rig
      .channel(agent)
      .client.upgrade({ planOnly: false, subject: "tester" }, { signal });
    await agent.process.logged("ready", { pid }, from);
    await printed(`after ${turn}\n`);
    expect(segments()).toBe(before);
    writeFileSync(inRig("sn01-consoles.jsonl"), `${JSON.stringify(entry(at === 0 ? "other/&" : "own/&"))}\n`);
    await agent.process.logged("configuration read again", { relabel: 1 }, from);
    await logPath(rig, agent, "n1", inRig(files[1 - at] ?? ""));
  }
  expect(agent.gaps("n1")).toEqual([]);
  expect(agent.process.lines.filter(({ message }) => message === "console up")).toHaveLength(1);
});

/** Resolves when the agent shows this as the console's log. */
async function logPath(rig: ConfedRig, agent: RigAgent, console: string, path: string): Promise<void> {
  await vi.waitFor(async () => {
    const info = rig.rcons(agent, "info", console, "--json");
    await info.exited;
    expect(JSON.parse(String(info.stdout.bytes()))).toMatchObject({ logPath: path });
  }, PATIENCE);
}

const PATIENCE = { timeout: 15_000, interval: 100 };

function readIfAny(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
