import { consoleTable, startRack, verifyLog } from "@confed/simulator";
import { ConfedRig, readToTheEnd } from "@confed/testkit";
import { expect, test } from "vitest";

const ROUNDS = 3;

test("nothing is lost when the log writer is killed while consoles print", async () => {
  const rig = new ConfedRig();
  await using rack = await startRack({ consoles: 8, linesPerSecond: 1_000, lineBytes: 200 });
  await rack.printing(false);
  const agent = await rig.startAgent({ consoles: consoleTable(rack) });
  const name = rack.consoleName(3);
  await agent.process.logged("console up", { console: name });
  const viewer = rig.attach(agent, { console: name });
  const logId = (await viewer.whenOpened()).start?.logId;
  await rack.printing(true);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const logged = agent.log(name).length;
    await viewer.until(() => viewer.output.length > logged + 100_000);
    process.kill(agent.process.childLike("log-writer").pid, "SIGKILL");
    const from = agent.process.lines.length;
    await agent.process.logged("log writer died; output is kept in memory until the next one", {}, from);
    const seen = viewer.output.length;
    await viewer.until(() => viewer.output.length > seen + 200_000);
  }
  // Who comes now sees all of it, wherever it is.
  const late = rig.attach(agent, { console: name, from: { logId: logId ?? "", offset: 0 }, mode: "VIEW" });
  await late.whenOpened();
  await readToTheEnd(rack, agent.process);
  const sent = await rack.sentAll();
  await late.until(() => late.endOffset > 0 && late.endOffset === viewer.endOffset);
  await agent.process.stop();
  await Promise.all([viewer.whenEnded(), late.whenEnded()]);
  for (const expected of sent) {
    expect(agent.gaps(expected.console)).toEqual([]);
    expect(await verifyLog(agent.log(expected.console), expected)).toMatchObject({
      exact: true,
      excused: [],
    });
  }
  expect(viewer.gaps).toEqual([]);
  expect(viewer.output.equals(agent.log(name))).toBe(true);
  expect(late.gaps).toEqual([]);
  expect(late.output.equals(agent.log(name))).toBe(true);
});

test("a log is read by the next one when the log reader is killed, each of two times; live output goes on", async () => {
  const rig = new ConfedRig();
  await using rack = await startRack({ consoles: 2, linesPerSecond: 1_000, lineBytes: 200 });
  await rack.printing(false);
  const agent = await rig.startAgent({ consoles: consoleTable(rack) });
  const name = rack.consoleName(0);
  await agent.process.logged("console up", { console: name });
  const viewer = rig.attach(agent, { console: name, mode: "VIEW" });
  await viewer.whenOpened();
  await rack.printing(true);
  for (let round = 1; round <= 2; round += 1) {
    const seen = viewer.output.length;
    await viewer.until(() => viewer.output.length > seen + 100_000);
    expect((await rig.shownLog(agent, name)).length).toBeGreaterThan(seen);
    process.kill(agent.process.childLike("log-reader").pid, "SIGKILL");
    await viewer.until(() => viewer.output.length > seen + 200_000);
    // The one that was killed may have been asked; whoever asks now is answered by another.
    expect((await rig.shownLog(agent, name)).length).toBeGreaterThan(seen + 100_000);
  }
  await readToTheEnd(rack, agent.process);
  const sent = await rack.sent(0);
  await viewer.until(() => viewer.endOffset === sent.lines * sent.lineBytes);
  expect((await rig.shownLog(agent, name)).equals(viewer.output)).toBe(true);
  await agent.process.stop();
  expect(viewer.gaps).toEqual([]);
  expect(await verifyLog(agent.log(name), sent)).toMatchObject({ exact: true, excused: [] });
});
