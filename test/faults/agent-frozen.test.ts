import { systemClock } from "@confed/kernel";
import { consoleTable, startRack, verifyLog } from "@confed/simulator";
import { ConfedRig, readToTheEnd } from "@confed/testkit";
import { expect, test } from "vitest";

/** A heartbeat is late, and what a busy machine and the sweep of half a second add. */
const STALLED_WITHIN_MS = 3_000 + 1_500;
/** Three heartbeats likewise. */
const DOWN_WITHIN_MS = 3 * 2_000 + 1_500;

test("an agent frozen by SIGSTOP is shown as stalled, then down, and is right again when it goes on, twice", async () => {
  const rig = new ConfedRig();
  // Little enough that the consoles' sockets hold what nobody reads meanwhile.
  await using rack = await startRack({ consoles: 2, linesPerSecond: 50, lineBytes: 80 });
  const head = await rig.startHead();
  const agent = await rig.startAgent({ heads: [head.address], consoles: consoleTable(rack) });
  const name = rack.consoleName(0);
  const screen = rig.watch(head);
  await screen.shows(name, "CONNECTED");
  const viewer = rig.attach(agent, { console: name });
  const { start } = await viewer.whenOpened();
  const within = async (boundMs: number, shown: Promise<unknown>) => {
    const fromMs = systemClock.nowMs();
    await shown;
    return expect(systemClock.nowMs() - fromMs).toBeLessThan(boundMs);
  };
  const agentIs = (state: string) => screen.until(() => screen.agents.get("sn01")?.state === state);
  for (const _round of [1, 2]) {
    agent.process.freeze(true);
    await Promise.all([
      within(STALLED_WITHIN_MS, agentIs("stalled")),
      within(DOWN_WITHIN_MS, screen.shows(name, "UNREACHABLE")),
      within(DOWN_WITHIN_MS, agentIs("down")),
    ]);
    expect(screen.consoles.get(name)?.cause).toMatchObject({ code: "agent_unreachable", subject: "sn01" });
    const shown = viewer.output.length;
    agent.process.freeze(false);
    await within(DOWN_WITHIN_MS, screen.shows(name, "CONNECTED"));
    await agentIs("up");
    // The same session: it was never away for whoever is attached.
    await viewer.until(() => viewer.output.length > shown + 1_000);
    viewer.type("x");
    await viewer.inputTaken();
  }
  // What stood still was the agent: it does not take its head for lost.
  expect(agent.process.lines.filter(({ message }) => message === "head lost")).toEqual([]);
  expect(viewer.ended).toBeUndefined();
  expect(viewer.gaps).toEqual([]);
  // No link was opened anew for it.
  expect((await rack.stats()).connections).toBe(2);
  await readToTheEnd(rack, agent.process);
  await agent.process.stop();
  const sent = await rack.sent(0);
  expect(agent.gaps(name)).toEqual([]);
  expect(await verifyLog(agent.log(name), sent, { foreign: "allowed" })).toMatchObject({
    exact: true,
    excused: [],
  });
  expect(viewer.output.equals(agent.log(name).subarray(start?.offset))).toBe(true);
});
