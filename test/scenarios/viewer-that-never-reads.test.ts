import { consoleTable, startRack, verifyLog } from "@confed/simulator";
import { type Attached, ConfedRig, readToTheEnd } from "@confed/testkit";
import { expect, test } from "vitest";

const MIB = 1024 * 1024;
const LINE_BYTES = 1024;
/**
 * Far beyond what windows, sockets and the bound of a viewer (1 MiB) hold together, and over well
 * before a viewer that reads nothing is let go.
 */
const FLOOD_BYTES = 12 * MIB;
/** A viewer's bound, arenas on their way and what garbage collection has not taken; not the flood. */
const GROWTH_BYTES_MAX = 96 * MIB;
/** Well within the bound of a viewer. */
const PIECE_BYTES = 256 * 1024;
const ROUNDS = 2;

test("a viewer that does not read is skipped to now and told so, twice; nobody else notices", async () => {
  const rig = new ConfedRig();
  await using rack = await startRack({ consoles: 2, lineBytes: LINE_BYTES, linesPerSecond: 0 });
  const agent = await rig.startAgent({ consoles: consoleTable(rack) });
  const name = rack.consoleName(0);
  for (const index of [0, 1]) await agent.process.logged("console up", { console: rack.consoleName(index) });
  const reader = rig.attach(agent, { console: name, mode: "VIEW", subject: "reader@a" });
  const neighbour = rig.attach(agent, { console: rack.consoleName(1), subject: "neighbour@a" });
  const sleeper = rig.attach(agent, { console: name, mode: "VIEW", subject: "sleeper@b" });
  await Promise.all([reader, neighbour, sleeper].map((viewer) => viewer.whenOpened()));

  let printed = 0;
  const flood = async (bytes: number) => {
    // In pieces: who reads as fast as it can is not as fast as a flood within one machine.
    for (const end = printed + bytes; printed < end; ) {
      const piece = Math.min(PIECE_BYTES, end - printed);
      printed += piece;
      await rack.flood(0, piece);
      await reader.until(() => reader.endOffset === printed);
    }
  };
  for (let round = 1; round <= ROUNDS; round += 1) {
    sleeper.stream.pause();
    const residentBytes = agent.process.residentBytes();
    const before = printed;
    await flood(FLOOD_BYTES);
    expect(agent.process.residentBytes() - residentBytes).toBeLessThan(GROWTH_BYTES_MAX);
    expect(sleeper.endOffset).toBe(before);
    neighbour.type("x");
    await neighbour.until(() => neighbour.output.toString() === "x".repeat(round));

    sleeper.stream.resume();
    await sleeper.until(() => sleeper.endOffset === printed);
    // More than one gap is right: buffers on the way may take some more after the first.
    const gaps = sleeper.gaps.filter(({ from }) => from >= before);
    expect(new Set(gaps.map(({ reason, lengthKnown }) => `${reason} ${lengthKnown}`))).toEqual(
      new Set(["READER_TOO_SLOW true"]),
    );
    const skippedBytes = gaps.reduce((sum, { from, to }) => sum + to - from, 0);
    // It is shown a viewer's bound and what windows and sockets held, no more and no less.
    expect(FLOOD_BYTES - skippedBytes).toBeGreaterThan(MIB);
    expect(FLOOD_BYTES - skippedBytes).toBeLessThan(8 * MIB);
    await flood(LINE_BYTES);
    await sleeper.until(() => sleeper.endOffset === printed);
  }
  expectWithoutHole(sleeper);
  expectWithoutHole(reader);
  expect(reader.gaps).toEqual([]);

  await readToTheEnd(rack, agent.process);
  await agent.process.stop();
  const log = agent.log(name);
  expect(agent.gaps(name)).toEqual([]);
  expect(await verifyLog(log, await rack.sent(0))).toMatchObject({ exact: true });
  expect(reader.output.equals(log)).toBe(true);
});

/** What a viewer was sent leaves out nothing that no gap names. */
function expectWithoutHole({ messages }: Attached): void {
  let at = 0;
  for (const { output, gap } of messages) {
    const piece = output ? { from: output.offset, to: output.endOffset } : gap;
    if (!piece) continue;
    expect(piece.from).toBe(at);
    at = piece.to;
  }
}
