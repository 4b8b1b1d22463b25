import { systemClock } from "@confed/kernel";
import { consoleTable, type Rack, startRack, verifyLog } from "@confed/simulator";
import { ConfedRig, type RigAgent, randomBytes, readToTheEnd } from "@confed/testkit";
import { describe, expect, test } from "vitest";

const ROUNDS = 2;
const KILLS = 10;
/** Enough that many batches are in every stage of the way when the agent dies. */
const BYTES_A_ROUND = 300_000;

describe("an agent killed by SIGKILL while consoles print and a viewer is attached", () => {
  test("its log is an exact prefix, a gap, and exact again; no offset is used twice", async () => {
    const { rig, rack, agent, name } = await printingAgent();
    await using _rack = rack;
    let viewer = rig.attach(agent, { console: name });
    const logId = (await viewer.whenOpened()).start?.logId ?? "";
    await rack.printing(true);
    let seen = Buffer.alloc(0);
    let shownFrom = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      await viewer.until(() => viewer.output.length > BYTES_A_ROUND);
      await agent.process.kill();
      await viewer.whenEnded();
      const kept = agent.log(name);
      seen = Buffer.concat([seen, viewer.output]);
      // What both have is the same, whichever has more.
      const shown = shownFrom + viewer.output.length;
      const both = Math.min(kept.length, shown);
      expect(kept.subarray(shownFrom, both).equals(viewer.output.subarray(0, both - shownFrom))).toBe(true);

      await agent.restart();
      const from = { logId, offset: viewer.endOffset };
      const before = viewer;
      viewer = rig.attach(agent, { console: name, from });
      const opened = await viewer.whenOpened();
      expect(opened.start?.logId).toBe(logId);
      await viewer.until(() => viewer.gaps.length > 0 && viewer.output.length > 0);

      const gaps = agent.gaps(name);
      expect(gaps).toHaveLength(round + 1);
      const gap = gaps[round]!;
      expect(gap).toMatchObject({ log: logId, known: false, why: "agent-restart" });
      expect(gap.to).toBeGreaterThanOrEqual(before.endOffset);
      // What the log had beyond what was shown comes first, then the gap, then what is new.
      const missedBytes = Math.max(0, gap.off - before.endOffset);
      expect(viewer.gaps).toMatchObject([
        {
          from: Math.max(gap.off, before.endOffset),
          to: gap.to,
          lengthKnown: false,
          reason: "AGENT_RESTART",
        },
      ]);
      await viewer.until(() => viewer.output.length > missedBytes);
      expect(viewer.output.subarray(0, missedBytes).equals(kept.subarray(kept.length - missedBytes))).toBe(
        true,
      );
      const outputs = viewer.messages.flatMap(({ output }) => output ?? []);
      const fresh = outputs.filter(({ offset }) => offset >= gap.off + missedBytes);
      expect(fresh.length).toBeGreaterThan(0);
      expect(fresh.every(({ offset }) => offset >= gap.to)).toBe(true);
      shownFrom = kept.length - missedBytes;
    }
    await readToTheEnd(rack, agent.process);
    await agent.process.stop();
    await expectExact(agent, rack, ROUNDS);
  });

  test(`${KILLS} times, at moments that a seed chooses, loses nothing unmarked; a head says so each time`, async () => {
    const seed = Number(process.env["CONFED_KILL_SEED"] ?? 3);
    const random = randomNumbers(seed);
    const rig = new ConfedRig();
    await using rack = await startRack({ consoles: 4, linesPerSecond: 2_000, lineBytes: 100 });
    const head = await rig.startHead();
    const agent = await rig.startAgent({ heads: [head.address], consoles: consoleTable(rack) });
    const screen = rig.watch(head);
    const name = rack.consoleName(1);
    const reservedEnds: number[] = [];
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await screen.shows(name, "CONNECTED");
      const viewer = rig.attach(agent, { console: name, mode: "VIEW" });
      await viewer.whenOpened();
      // From the first byte on: before the first flush, between frames, while an index is written.
      const moment = Math.floor(random() * BYTES_A_ROUND);
      await viewer.until(() => viewer.output.length > moment);
      const shownMs = systemClock.nowMs();
      await agent.process.kill();
      await screen.shows(name, "UNREACHABLE");
      expect(systemClock.nowMs() - shownMs).toBeLessThan(3 * 2_000);
      reservedEnds.push(viewer.endOffset);
      await agent.restart();
    }
    await screen.shows(name, "CONNECTED");
    // Writing is what shows the last gap: something must come behind it.
    const last = rig.attach(agent, { console: name, mode: "VIEW" });
    await last.until(() => last.output.length > 1_000);
    await readToTheEnd(rack, agent.process);
    await agent.process.stop();
    await expectExact(agent, rack, KILLS, `seed ${seed}`);
    // What a viewer was shown has an offset that nothing else was ever given.
    agent.gaps(name).forEach((gap, kill) => {
      expect(gap.to, `kill ${kill}, seed ${seed}`).toBeGreaterThanOrEqual(reservedEnds[kill] ?? 0);
    });
  });

  test("rcons comes back by itself, shows what it missed and names the gap", async () => {
    const { rig, rack, agent, name } = await printingAgent();
    await using _rack = rack;
    const run = rig.rcons(agent, name, "--raw-terminal");
    await run.told("no output yet");
    await rack.printing(true);
    for (let round = 0; round < ROUNDS; round += 1) {
      await run.stdout.reached(run.stdout.length + BYTES_A_ROUND);
      const from = run.stderr.length;
      await agent.process.kill();
      await run.told(/unreachable|broke the connection off/, from);
      const keptBytes = agent.log(name).length;
      await agent.restart();
      await run.told(/\[.*agent restarted.*\]/, from);
      await run.stdout.reached(keptBytes + BYTES_A_ROUND);
    }
    await readToTheEnd(rack, agent.process);
    await agent.process.stop();
    await run.kill();
    await expectExact(agent, rack, ROUNDS);

    // All that the log has was shown, and what it lacks was shown, if at all, where the gaps are.
    const log = agent.log(name);
    const ends = gapPositions(agent, name);
    let at = 0;
    let shown = 0;
    for (const end of [...ends, log.length]) {
      const piece = log.subarray(at, end);
      const found = run.stdout.bytes(shown).indexOf(piece);
      expect(
        found,
        `${piece.length} bytes of the log at ${at} among those shown from ${shown}`,
      ).toBeGreaterThanOrEqual(0);
      if (at === 0) expect(found).toBe(0);
      shown += found + piece.length;
      at = end;
    }
    expect(run.stdout.length).toBe(shown);
  });
});

async function printingAgent() {
  const rig = new ConfedRig();
  const rack = await startRack({ consoles: 4, linesPerSecond: 2_000, lineBytes: 100 });
  await rack.printing(false);
  const agent = await rig.startAgent({ consoles: consoleTable(rack) });
  const name = rack.consoleName(1);
  await agent.process.logged("console up", { console: name });
  return { rig, rack, agent, name };
}

async function expectExact(agent: RigAgent, rack: Rack, kills: number, what = ""): Promise<void> {
  for (const sent of await rack.sentAll()) {
    const gapsAtBytes = gapPositions(agent, sent.console);
    expect(gapsAtBytes, what).toHaveLength(kills);
    expect(await verifyLog(agent.log(sent.console), sent, { gapsAtBytes }), what).toMatchObject({
      exact: true,
      missing: [],
      duplicated: [],
      corrupted: [],
    });
  }
}

/** Where in the log file bytes are owned to be missing: where the segment after each gap begins. */
function gapPositions(agent: RigAgent, console: string): number[] {
  const records = agent.index(console);
  return agent.gaps(console).flatMap(({ to }) => {
    const segment = records.find((record) => record.t === "seg" && record.off >= to);
    return segment?.t === "seg" ? [segment.pos] : [];
  });
}

/** Numbers in [0, 1), the same for the same seed. */
function randomNumbers(seed: number): () => number {
  const bytes = randomBytes(4 * KILLS, seed);
  let at = 0;
  return () => {
    at += 4;
    return bytes.readUInt32LE(at - 4) / 2 ** 32;
  };
}
