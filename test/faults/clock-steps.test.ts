import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemClock } from "@confed/kernel";
import { consoleTable, startRack, verifyLog } from "@confed/simulator";
import { ConfedRig, readToTheEnd } from "@confed/testkit";
import { expect, test, vi } from "vitest";

const HOUR_MS = 3_600_000;
/** What the clock is set to, as what it is ahead of the real one, and what its times are called. */
const STEPS = [
  ["an hour ahead", () => HOUR_MS, "stepped"],
  ["an hour behind", () => -HOUR_MS, "stepped"],
  ["1970", () => -systemClock.wallTimeMs(), "unset"],
  ["the hour that summer time repeats", () => Date.UTC(2026, 9, 25, 1) - systemClock.wallTimeMs(), "stepped"],
  ["right", () => 0, "stepped"],
] as const;

// Loaded before the agent and all its children: the machine's own clock is never set.
const HOOK = `
  const { readFileSync } = require("node:fs");
  const now = Date.now;
  let aheadMs = 0;
  const look = () => { try { aheadMs = Number(readFileSync(process.env.CONFED_TEST_CLOCK)); } catch {} };
  look();
  setInterval(look, 20).unref();
  Date.now = () => now() + aheadMs;
`;

test("a wall clock that is set to and fro moves no timer, loses nothing, and is said in the index, twice", async () => {
  const rig = new ConfedRig();
  await using rack = await startRack({ consoles: 2, linesPerSecond: 500, lineBytes: 200 });
  const [hook, clock] = [join(rig.directory, "hook.cjs"), join(rig.directory, "clock")];
  writeFileSync(hook, HOOK);
  const setClock = (aheadMs: number) => {
    // Whole or not at all: half a number would be a step of its own.
    writeFileSync(`${clock}.new`, String(aheadMs));
    renameSync(`${clock}.new`, clock);
  };
  setClock(0);
  const head = await rig.startHead();
  const agent = await rig.startAgent({
    heads: [head.address],
    consoles: consoleTable(rack),
    logs: { rotate: { size: "64KiB" } },
    env: { NODE_OPTIONS: `--require ${hook}`, CONFED_TEST_CLOCK: clock, TZ: "Europe/Berlin" },
  });
  const [name, other] = [rack.consoleName(0), rack.consoleName(1)];
  const screen = rig.watch(head);
  await Promise.all([screen.shows(name, "CONNECTED"), screen.shows(other, "CONNECTED")]);
  const viewer = rig.attach(agent, { console: name });
  await viewer.whenOpened();
  const marks = () => agent.index(name).flatMap((record) => (record.t === "at" ? [record] : []));
  const segments = () =>
    readdirSync(dirname(agent.logPath(name))).filter((file) => file.startsWith(`${name}.`)).length;
  for (const _round of [1, 2]) {
    for (const [what, ahead, quality] of STEPS) {
      const before = marks().length;
      const rotated = segments();
      setClock(ahead());
      await vi.waitFor(
        () => expect(marks().slice(before), what).toContainEqual(expect.objectContaining({ q: quality })),
        {
          timeout: 10_000,
          interval: 50,
        },
      );
      const mark = marks()
        .slice(before)
        .find(({ q }) => q === quality);
      expect(Math.abs((mark?.ms ?? 0) - systemClock.wallTimeMs() - ahead()), what).toBeLessThan(10_000);
      // By size as ever.
      await vi.waitFor(() => expect(segments(), what).toBeGreaterThan(rotated), {
        timeout: 10_000,
        interval: 50,
      });
      // A retry of 50 to 200 ms takes as long as it takes, not an hour more or less.
      const logged = agent.process.lines.length;
      await rack.hangUp(1);
      await agent.process.logged("console up", { console: other }, logged);
    }
  }
  expect(viewer.ended).toBeUndefined();
  expect(viewer.gaps).toEqual([]);
  expect(head.process.lines.filter(({ message }) => /agent (is down|left)/.test(message))).toEqual([]);
  const offsets = marks().map(({ off }) => off);
  expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  await readToTheEnd(rack, agent.process);
  const sent = await rack.sent(0);
  await vi.waitFor(
    async () => expect((await rig.shownLog(agent, name)).length).toBe(sent.lines * sent.lineBytes),
    { timeout: 10_000, interval: 100 },
  );
  expect(await verifyLog(await rig.shownLog(agent, name), sent)).toMatchObject({ exact: true, excused: [] });
  expect(agent.gaps(name)).toEqual([]);
});
