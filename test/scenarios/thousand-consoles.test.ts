import { systemClock } from "@confed/kernel";
import { consoleTable, describeLateness, spawnRack, verifyLogFiles } from "@confed/simulator";
import { ConfedRig, type RigHead, readToTheEnd } from "@confed/testkit";
import { expect, test } from "vitest";

const CONSOLES = 1_000;
const RUN_MS = 10_000;
const ECHO_P99_MS_MAX = 50;
const ECHOES_MIN = 100;

test(`${CONSOLES} consoles at 10 lines a second: nothing lost or doubled, echo through the head`, async () => {
  const rig = new ConfedRig();
  await using rack = await spawnRack({ consoles: CONSOLES, linesPerSecond: 10 });
  const head = await rig.startHead();
  const agent = await rig.startAgent({ heads: [head.address], consoles: consoleTable(rack) });
  const screen = rig.watch(head);
  await screen.until(
    () =>
      screen.consoles.size === CONSOLES &&
      [...screen.consoles.values()].every(({ state }) => state === "CONNECTED"),
  );
  const beginMs = systemClock.nowMs();
  const echoMs: number[] = [];
  // Somebody else each time, somewhere else, through the head.
  for (let turn = 0; systemClock.nowMs() - beginMs < RUN_MS || echoMs.length < ECHOES_MIN; turn += 1) {
    echoMs.push(...(await echoesOf(rig, head, rack.consoleName((turn * 37) % CONSOLES))));
  }
  const sorted = [...echoMs].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
  const resident = { agent: agent.process.residentBytes(), head: head.process.residentBytes() };
  const lateness = await rack.lateness();
  await readToTheEnd(rack, agent.process);
  const sent = await rack.sentAll();
  process.stdout.write(
    `${CONSOLES} consoles, ${sent.reduce((sum, { lines }) => sum + lines, 0)} lines; RSS agent with its children ${mib(resident.agent)} MiB, head ${mib(resident.head)} MiB; echo through the head p50 ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms of ${echoMs.length}; ${describeLateness(lateness)}\n`,
  );
  await agent.process.stop();

  for (const expected of sent) {
    const report = await verifyLogFiles([agent.logPath(expected.console)], expected, { foreign: "allowed" });
    expect(report).toMatchObject({ exact: true, excused: [], cutShort: 0 });
    expect(report.lines).toBe(expected.lines);
    // What was typed was echoed, and nothing else is in it.
    expect(report.bytes).toBe(expected.lines * expected.lineBytes + expected.inputBytes);
  }
  expect(sent.every(({ lines }) => lines >= (RUN_MS / 1_000) * 10 * 0.5)).toBe(true);
  // Where the machine is so busy that even the simulated consoles run late, that much is its own.
  expect(at(0.99)).toBeLessThan(ECHO_P99_MS_MAX + (lateness.void ? lateness.p99Ms : 0));
});

const KEYS = "abcdefghij";

/** How long each of a few keys takes from being typed to being shown. */
async function echoesOf(rig: ConfedRig, head: RigHead, console: string): Promise<number[]> {
  const viewer = rig.attach(head, { console });
  await viewer.whenOpened();
  const tookMs: number[] = [];
  for (const key of KEYS) {
    const mark = `<${key}>`;
    const startMs = systemClock.nowMs();
    viewer.type(mark);
    await viewer.saw(mark);
    tookMs.push(systemClock.nowMs() - startMs);
  }
  viewer.stream.end();
  await viewer.whenEnded();
  return tookMs;
}
