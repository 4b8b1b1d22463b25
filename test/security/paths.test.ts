import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isConsoleName } from "@confed/kernel";
import { audited, ConfedRig, runConfed } from "@confed/testkit";
import fc from "fast-check";
import { expect, test, vi } from "vitest";

// F44. A name never leads out of a directory, and a symbolic link that somebody put where a file of
// ours should be is not followed.

const anyName = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 200 }),
  fc.constantFrom(
    "../../etc/passwd",
    "..",
    ".",
    "a/b",
    "a/../b",
    "a..b",
    "a\\b",
    "/etc/passwd",
    "n1\0.log",
    "n1\n",
    ".hidden",
    "-n1",
    "%2e%2e%2f",
    "n1/",
    "x".repeat(129),
    "ｎ1",
    "n1\u202e",
  ),
);

test("a name that is accepted is one component of a path, whatever is tried", () => {
  fc.assert(
    fc.property(anyName, (name) => {
      if (!isConsoleName(name)) return;
      expect(join("/var/log/consoles", `${name}.log`)).toBe(`/var/log/consoles/${name}.log`);
      expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
      expect(name).not.toContain("..");
    }),
    { numRuns: 2_000 },
  );
});

test("names that lead elsewhere are refused by calls at agent and head, and nothing is made of them", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const head = await rig.startHead();
  const agent = await rig.startAgent({ heads: [head.address], consoles: [device.entry] });
  const visitor = rig.attach(agent, { console: "n1" });
  await visitor.whenOpened();
  await audited(join(agent.stateDir, "audit"), { event: "attach.start" });
  await audited(join(head.stateDir, "audit"), { event: "agent.joined" });
  const before = treeOf(rig.directory);
  for (const console of ["../../etc/passwd", "..", "n1/../n1", "/etc/passwd", "n1\0", "n1\n", "%2e%2e"]) {
    for (const server of [head, agent]) {
      const viewer = rig.attach(server, { console });
      expect((await viewer.whenEnded())?.code).toMatch(/^(not_found|invalid_argument)$/);
    }
    await expect(rig.shownLog(agent, console)).rejects.toThrow(/not_found|invalid_argument/);
  }
  expect(treeOf(rig.directory).filter((path) => !before.includes(path))).toEqual([]);
});

test.each(["../../evil", "n1/x", "..", ".n1", "n1\u0000"])(
  "%j is refused as a name by `confed console add`",
  async (name) => {
    const rig = new ConfedRig();
    const device = await rig.device("n1");
    await rig.startAgent({ consoles: [device.entry] });
    const config = join(rig.directory, "sn01.json");
    const args = [
      "console",
      "add",
      name.replaceAll("\0", "%00"),
      "--config",
      config,
      "transport=tcp",
      "host=h",
      "port=1",
    ];
    const { status, stderr } = await runConfed(args);
    expect(status).not.toBe(0);
    expect(stderr).toContain("is not a console name");
    expect(readdirSync(rig.directory)).not.toContain("evil");
  },
);

test("two names that one file system would take for one are refused", async () => {
  const rig = new ConfedRig();
  const table = join(rig.directory, "c.jsonl");
  const entry = (name: string) => JSON.stringify({ name, transport: "tcp", host: "h", port: 1 });
  writeFileSync(table, `${entry("n1")}\n${entry("N1")}\n`);
  expect(await runConfed(["check", table])).toMatchObject({ status: 2 });
});

test("a symbolic link in the place of a log, an index or an audit file is not followed", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const victim = join(rig.directory, "victim");
  writeFileSync(victim, "precious\n");
  const state = join(rig.directory, "sn01-state");
  const audit = join(state, "audit");
  const logs = join(rig.directory, "sn01-logs");
  for (const directory of [audit, join(state, "index"), logs])
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  const links = [
    join(logs, "n1.log"),
    join(state, "index", "n1.index"),
    join(audit, "audit-0000000000000001.jsonl"),
  ];
  for (const link of links) symlinkSync(victim, link);
  const agent = await rig.startAgent({ consoles: [device.entry] });
  await device.feed(Buffer.from("what is printed"));
  await vi.waitFor(
    () => {
      expect(agent.process.said).toContain("symbolic link");
      expect(agent.process.said).toContain("log cannot be written");
    },
    { timeout: 15_000, interval: 50 },
  );
  expect(readFileSync(victim, "utf8")).toBe("precious\n");
  for (const link of links) expect(lstatSync(link).isSymbolicLink()).toBe(true);
});

test("an audit directory that others may write is not used, and said", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const dir = join(rig.directory, "open");
  mkdirSync(join(dir, "agent"), { recursive: true, mode: 0o777 });
  chmodSync(join(dir, "agent"), 0o777);
  const agent = await rig.startAgent({ consoles: [device.entry], audit: { dir } });
  await vi.waitFor(
    () => {
      expect(agent.process.said).toContain("others than its owner may write there");
    },
    { timeout: 10_000, interval: 50 },
  );
  expect(readdirSync(join(dir, "agent")).filter((name) => name.startsWith("audit-"))).toEqual([]);
  // It heals by itself.
  chmodSync(join(dir, "agent"), 0o700);
  await audited(join(dir, "agent"), { event: "process.start" });
  expect(existsSync(join(dir, "agent", "lock"))).toBe(true);
});

function treeOf(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true }).map(String);
}
