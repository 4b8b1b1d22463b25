import { closeSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import { ConfedRig, CountingDevice } from "@confed/testkit";
import { expect, onTestFinished, test } from "vitest";

async function devices(count: number): Promise<readonly CountingDevice[]> {
  const started = await Promise.all(Array.from({ length: count }, () => CountingDevice.start()));
  onTestFinished(async () => {
    await Promise.all(started.map((each) => each.close()));
  });
  return started;
}

/** A stanza of a file. */
const stanza = (name: string, { port }: CountingDevice, more = "") =>
  `console ${name} {\n  type host;\n  host 127.0.0.1;\n  protocol raw;\n  port ${port};\n  ${more}\n}\n`;

const HEADER =
  "default * {\n  logfile /var/log/consoles/&;\n  timestamp 1lab;\n  rw *;\n  master localhost;\n}\n";

/** As xCAT writes it: emptied, then filled, and not at once. */
async function writeInPieces(path: string, text: string): Promise<void> {
  const file = openSync(path, "w");
  for (const part of [text.slice(0, text.length / 2), text.slice(text.length / 2)]) {
    await new Promise<void>((resolve) => systemClock.after(150, resolve));
    writeSync(file, part);
  }
  closeSync(file);
}

test("an agent has the consoles of its conserver.cf; one that changes is touched, and no other, twice", async () => {
  const rig = new ConfedRig();
  const file = join(rig.directory, "conserver.cf");
  const [a, b, c] = (await devices(3)) as [CountingDevice, CountingDevice, CountingDevice];
  writeFileSync(file, HEADER + stanza("n1", a) + stanza("n2", b) + stanza("n9", c, "master sn09;"));
  const agent = await rig.startAgent({ consoles: [], agent: { conserver: { file } } });
  await Promise.all([a.until(({ count }) => count === 1), b.until(({ count }) => count === 1)]);
  expect(c.accepted).toBe(0);
  for (let round = 1; round <= 2; round += 1) {
    const from = agent.process.lines.length;
    const [one, other] = round === 1 ? [a, c] : [c, a];
    // In another order, too.
    const text = HEADER + stanza("n2", b) + stanza("n1", other);
    await writeInPieces(file, text);
    if (round === 2) process.kill(agent.process.pid, "SIGHUP");
    await other.until(({ count }) => count === 1);
    await one.until(({ count }) => count === 0);
    const read = await agent.process.logged("configuration read again", { restart: 1 }, from);
    expect(read).toMatchObject({ start: 0, stop: 0, restart: 1, untouched: 1 });
    expect(b.accepted).toBe(1);
  }
});

test("a conserver.cf that is cut or gone leaves the old one in force and says where, twice", async () => {
  const rig = new ConfedRig();
  const file = join(rig.directory, "conserver.cf");
  const [a, b] = (await devices(2)) as [CountingDevice, CountingDevice];
  const whole = HEADER + stanza("n1", a);
  const agent = await rig.startAgent({ consoles: [], agent: { conserver: { file } } });
  // It comes after the agent.
  writeFileSync(file, whole);
  await a.until(({ count }) => count === 1);
  for (let round = 0; round < 2; round += 1) {
    let from = agent.process.lines.length;
    await writeInPieces(file, whole.slice(0, -10));
    const cut = await agent.process.logged(
      "the configuration has faults; the old one stays in force",
      {},
      from,
    );
    expect(cut["error"]).toContain(`${file}:7:9`);
    expect(cut["error"]).toContain("the file ends inside this console block");
    from = agent.process.lines.length;
    rmSync(file);
    const gone = await agent.process.logged(
      "the configuration has faults; the old one stays in force",
      {},
      from,
    );
    expect(gone["error"]).toContain("there is no such file (yet)");
    from = agent.process.lines.length;
    await writeInPieces(file, whole + stanza(`m${round}`, b));
    await agent.process.logged("the configuration is good again", {}, from);
    await b.until(({ count }) => count === 1);
    writeFileSync(file, whole);
    await b.until(({ count }) => count === 0);
    expect(a.accepted).toBe(1);
  }
});

test("a head gives the consoles of its conserver.cf to the agents that are their masters, and takes them away", async () => {
  const rig = new ConfedRig();
  const file = join(rig.directory, "conserver.cf");
  const [a, b, c] = (await devices(3)) as [CountingDevice, CountingDevice, CountingDevice];
  const text = (...masters: readonly string[]) =>
    HEADER + [a, b, c].map((each, at) => stanza(`n${at + 1}`, each, `master ${masters[at]};`)).join("");
  writeFileSync(file, text("sn01", "10.9.0.2", "localhost"));
  const head = await rig.startHead({ head: { conserver: { file, masters: { "10.9.0.2": "sn02" } } } });
  const heads = [head.address];
  const sn01 = await rig.startAgent({ id: "sn01", consoles: [], heads });
  const sn02 = await rig.startAgent({ id: "sn02", consoles: [], heads });
  await Promise.all([a.until(({ count }) => count === 1), b.until(({ count }) => count === 1)]);
  await sn01.process.logged("console up", { console: "n1" });
  await sn02.process.logged("console up", { console: "n2" });
  // This host's own: the agent of this host reads the file itself.
  expect(c.accepted).toBe(0);
  await writeInPieces(file, text("localhost", "sn02", "sn01"));
  await c.until(({ count }) => count === 1);
  await a.until(({ count }) => count === 0);
  expect(b.accepted).toBe(1);
  await sn01.process.logged("console up", { console: "n3" });
});
