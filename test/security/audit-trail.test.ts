import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { audited, auditLines, auditRecords, ConfedRig, runConfed } from "@confed/testkit";
import { expect, test } from "vitest";

// What people and machines do is on record at the agent and at the head, and the record can be proven.

test("what is done to a console is audited with who did it, and proven", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const agent = await rig.startAgent({ consoles: [device.entry] });
  const audit = join(agent.stateDir, "audit");
  const alice = rig.attach(agent, { console: "n1", subject: "alice@ws1" });
  await alice.whenOpened();
  const bob = rig.attach(agent, { console: "n1", subject: "bob\u001b[2J@ws2", force: true });
  await bob.whenOpened();
  alice.stream.send({ setMode: { mode: "WRITE", force: true } });
  await audited(audit, { event: "attach.steal", subject: "alice@ws1" });
  alice.stream.send({ setMode: { mode: "VIEW" } });
  alice.stream.send({ reconnect: {} });
  await rig.shownLog(agent, "n1");
  const stranger = rig.attach(agent, { console: "n2", subject: "eve" });
  await stranger.whenEnded();
  rig.close(bob);
  await audited(audit, { event: "attach.end" });

  const records = auditRecords(audit);
  const seen = (event: string) => records.filter((record) => record.event === event);
  expect(records[0]).toMatchObject({ event: "audit.begun", seq: 1 });
  expect(seen("process.start")).toMatchObject([{ agent: "sn01", code: "RC2101I" }]);
  expect(seen("attach.start")).toMatchObject([
    {
      subject: "alice@ws1",
      console: "n1",
      text: "WRITE",
      code: "RC1001I",
      peer: expect.stringContaining("127.0.0.1"),
    },
    { subject: "bob\\x1b[2J@ws2", details: { force: true } },
  ]);
  expect(seen("attach.steal")).toMatchObject([
    { subject: "bob\\x1b[2J@ws2", details: { from: "alice@ws1" }, code: "RC1005W" },
    { subject: "alice@ws1", details: { from: "bob\\x1b[2J@ws2" } },
  ]);
  expect(seen("attach.refused")).toMatchObject([{ subject: "eve", console: "n2" }]);
  expect(seen("log.read")).toMatchObject([{ console: "n1" }]);
  expect(seen("attach.end")[0]?.session).toBe(seen("attach.start")[1]?.session);

  await agent.process.stop();
  expect(
    auditRecords(audit)
      .map(({ event }) => event)
      .slice(-2),
  ).toEqual(["process.stop", "audit.checkpoint"]);
  const { status, stdout } = await runConfed(["audit", "verify", audit]);
  expect(stdout).toMatch(/audit: proven, \d+ records \(1 to \d+\), 1 checkpoints\n {2}signed by SHA256:/);
  expect(status).toBe(0);
  // Nobody but the process itself may read them.
  for (const name of [
    audit,
    join(audit, "audit-0000000000000001.jsonl"),
    join(agent.stateDir, "audit-key.pem"),
  ])
    expect(statSync(name).mode & 0o077).toBe(0);
});

test("a head audits agents that come, claim the same console, and go", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const head = await rig.startHead();
  const audit = join(head.stateDir, "audit");
  const first = await rig.startAgent({ heads: [head.address], consoles: [device.entry] });
  await audited(audit, { event: "agent.joined", agent: "sn01" });
  const watch = rig.watch(head);
  await watch.until(() => watch.consoles.has("n1"));
  await rig.startAgent({ id: "sn02", heads: [head.address], consoles: [device.entry] });
  await audited(audit, { event: "owner.conflict", console: "n1" });
  await first.process.stop();
  await audited(audit, { event: "agent.left", agent: "sn01" });
  await audited(audit, { event: "owner.changed", console: "n1", agent: "sn02" });
});

test("reloads are audited by what they changed, or why they did nothing", async () => {
  const rig = new ConfedRig();
  const [one, two] = [await rig.device("n1"), await rig.device("n2")];
  const agent = await rig.startAgent({ consoles: [one.entry] });
  const audit = join(agent.stateDir, "audit");
  const table = join(rig.directory, "sn01-consoles.jsonl");
  writeFileSync(table, `${JSON.stringify(one.entry)}\n${JSON.stringify(two.entry)}\n`);
  const reload = () => runConfed(["reload", "--agent", agent.address]);
  await reload();
  const changed = await audited(audit, { event: "config.changed" });
  expect(changed.details).toMatchObject({ added: "1: n2" });
  writeFileSync(table, "{]\n");
  await reload();
  const refused = await audited(audit, { event: "config.refused" });
  expect(refused.text).toContain("sn01-consoles.jsonl:1");
});

test("whoever edits, cuts or reorders records is found by line, and by exit status", async () => {
  const rig = new ConfedRig();
  const device = await rig.device("n1");
  const agent = await rig.startAgent({ consoles: [device.entry] });
  const audit = join(agent.stateDir, "audit");
  const viewer = rig.attach(agent, { console: "n1", subject: "mallory" });
  await viewer.whenOpened();
  await agent.process.stop();
  const file = join(audit, "audit-0000000000000001.jsonl");
  const lines = [...auditLines(audit)];
  const at = lines.findIndex((line) => line.includes('"mallory"'));
  const verify = async (changed: readonly string[], ...args: readonly string[]) => {
    writeFileSync(file, `${changed.join("\n")}\n`);
    return runConfed(["audit", "verify", audit, ...args]);
  };
  expect(await verify(lines)).toMatchObject({ status: 0 });
  const edited = await verify(lines.with(at, lines[at]?.replace("mallory", "alice") ?? ""));
  expect(edited).toMatchObject({
    status: 1,
    stdout: expect.stringContaining(
      `  audit-0000000000000001.jsonl:${at + 1}: record ${at + 1} does not follow from the one before it: one of them was changed`,
    ),
  });
  const cut = await verify(lines.toSpliced(at, 1), "--json");
  expect(cut.status).toBe(1);
  expect(JSON.parse(cut.stdout)).toMatchObject({
    proven: false,
    faults: [{ line: at + 1, what: `record ${at + 1} is missing before this line` }],
  });
  const missing = await runConfed(["audit", "verify", join(audit, "nothing")]);
  expect(missing).toMatchObject({ status: 3, stderr: expect.stringContaining("there is no ") });
});

test("records are shown by time, user, console and event", async () => {
  const rig = new ConfedRig();
  const devices = await Promise.all(["n1", "n2"].map((name) => rig.device(name)));
  const agent = await rig.startAgent({ consoles: devices.map(({ entry }) => entry) });
  const audit = join(agent.stateDir, "audit");
  for (const [console, subject] of [
    ["n1", "alice"],
    ["n2", "alice"],
    ["n2", "bob"],
  ] as const)
    await rig.attach(agent, { console, subject, mode: "VIEW" }).whenOpened();
  await audited(audit, { event: "attach.start", subject: "bob" });
  const config = join(rig.directory, "sn01.json");
  const show = async (...args: readonly string[]) =>
    (await runConfed(["audit", "show", "--config", config, ...args])).stdout.split("\n").slice(0, -1);
  expect(await show("--user", "alice", "--console", "n2")).toEqual([
    expect.stringMatching(/^\S+Z RC1001I attach.start alice from 127.0.0.1:\d+ n2 VIEW force=false$/),
  ]);
  expect(await show("--event", "RC1001I")).toHaveLength(3);
  expect(await show("--since", "1h", "--event", "attach.start")).toHaveLength(3);
  expect(await show("--since", "2100-01-01")).toEqual([]);
  const lines = await show("--json", "--user", "bob");
  expect(readFileSync(join(audit, "audit-0000000000000001.jsonl"), "utf8")).toContain(`${lines[0]}\n`);
  expect(await runConfed(["audit", "show", audit, "--since", "yesterday"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("--since yesterday is no time"),
  });
});
