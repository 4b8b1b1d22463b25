import { consoleTable, startRack, verifyLog } from "@confed/simulator";
import { ConfedRig } from "@confed/testkit";
import { expect, test } from "vitest";

const ROUNDS = 2;
const BYTES_A_ROUND = 100_000;

test("a session through the head comes back with the head, and no byte is missing", async () => {
  const rig = new ConfedRig();
  await using rack = await startRack({ consoles: 1, linesPerSecond: 1_000 });
  await rack.printing(false);
  const head = await rig.startHead();
  const agent = await rig.startAgent({ heads: [head.address], consoles: consoleTable(rack) });
  const name = rack.consoleName(0);
  await rig.watch(head).shows(name, "CONNECTED");

  const run = rig.rcons(head, name, "--route", "relay", "--raw-terminal");
  await run.told(`[${name} on sn01, relay`);
  await rack.printing(true);
  for (let round = 0; round < ROUNDS; round += 1) {
    await run.stdout.reached(run.stdout.length + BYTES_A_ROUND);
    const saidBytes = run.stderr.length;
    await head.process.kill();
    await run.told("broke the connection off", saidBytes);
    const shownBytes = run.stdout.length;
    // The agent logs on, and nobody sees it.
    const viewer = rig.attach(agent, { console: name, mode: "VIEW" });
    await viewer.until(() => viewer.output.length > BYTES_A_ROUND);
    expect(run.stdout.length).toBe(shownBytes);
    await head.restart();
    await run.told(/\[back after .*shown from log, no gap\]/, saidBytes);
    viewer.stream.end();
  }
  await rack.printing(false);
  await run.type("still there\r");
  await run.printed("still there");

  const [sent] = await rack.sentAll();
  await agent.process.stop();
  const log = agent.log(name);
  await run.stdout.reached(log.length);
  expect(run.stdout.bytes().equals(log)).toBe(true);
  expect(agent.gaps(name)).toEqual([]);
  expect(await verifyLog(log, sent!, { foreign: "allowed" })).toMatchObject({ exact: true });
});
