import { systemClock } from "@confed/kernel";
import type { Case } from "../case.ts";
import { type Fleet, sleep } from "../fleet.ts";
import { cpuSecondsOf, treeLike } from "../measure/process-tree.ts";
import { Viewer } from "../measure/viewer.ts";

/** Each on a console of its own, and as many as shards share evenly enough. */
const VIEWERS = 16;
/** What a console prints, shown to its viewer as fast as that takes it; and before it, for just-in-time code. */
const BYTES = 40_000_000;
const WARM_BYTES = 4_000_000;
/** As much at once as waits for a viewer that is slower than its console; of more it would skip. */
const TURN_BYTES = 512_000;
/** 32 KB in one write. */
const BURST_LINES = 400;
const SHOWN_TIMEOUT_MS = 60_000;

/** What it costs to show bulk output to people, in TLS and without it, in one process and in two. */
export const bulk: Case = {
  name: "bulk",
  about: `${VIEWERS} consoles flood, ${BYTES / 1e6} MB each, a viewer on each reads all of it`,
  systems: ["confed", "confed-plain", "confed-2-shards"],
  fleet: () => ({ consoles: VIEWERS, own: "bulk" }),
  async run(fleet, quick) {
    const { rack, system } = fleet;
    const part = quick ? 0.1 : 1;
    const viewers = rack.consoles.map(({ name }) => new Viewer(system.confed!, name));
    await Promise.all(viewers.map(({ opened }) => opened));
    await shown(fleet, viewers, WARM_BYTES * part);
    await sleep(1_000);
    const serving = treeLike(system.pids(), "confed.mjs agent");
    const servingSeconds = () => serving.reduce((sum, pid) => sum + cpuSecondsOf([pid], false), 0);
    const before = { serving: servingSeconds(), all: cpuSecondsOf(system.pids()) };
    const startMs = systemClock.nowMs();
    const bytes = await shown(fleet, viewers, BYTES * part);
    const seconds = (systemClock.nowMs() - startMs) / 1_000;
    const figures = {
      // Of what reads consoles and serves viewers; what writes the logs is the same for all.
      servingCpuSecondsPerGb: (servingSeconds() - before.serving) / (bytes / 1e9),
      cpuSecondsPerGb: (cpuSecondsOf(system.pids()) - before.all) / (bytes / 1e9),
      shownMbPerSecond: bytes / 1e6 / seconds,
    };
    for (const viewer of viewers) await viewer.close();
    return figures;
  },
  targets: [
    { figure: "servingCpuSecondsPerGb", of: "confed", against: ["confed-plain"], atMost: 2, quickAtMost: 3 },
    // Twice the processes take twice as much, where there are cores for it.
    {
      figure: "servingCpuSecondsPerGb",
      of: "confed-2-shards",
      against: ["confed"],
      atMost: 1.15,
      quickAtMost: 2,
    },
  ],
  slow: true,
};

/** Every console prints so much, in turns; resolves with the bytes that were shown, when all of it was. */
async function shown(fleet: Fleet, viewers: readonly Viewer[], bytesOfEach: number): Promise<number> {
  let bytes = 0;
  for (let left = bytesOfEach; left > 0; left -= TURN_BYTES)
    bytes += await shownInTurn(fleet, viewers, Math.min(left, TURN_BYTES));
  return bytes;
}

async function shownInTurn(
  { rack }: Fleet,
  viewers: readonly Viewer[],
  bytesOfEach: number,
): Promise<number> {
  const from = viewers.map(({ shownBytes }) => shownBytes);
  const sentBefore = (await rack.report()).bytes;
  await rack.flood(bytesOfEach, { burst: BURST_LINES });
  const sent = (await rack.report()).bytes - sentBefore;
  const seen = () => viewers.reduce((sum, { shownBytes }, index) => sum + shownBytes - from[index]!, 0);
  const untilMs = systemClock.nowMs() + SHOWN_TIMEOUT_MS;
  while (seen() < sent) {
    if (systemClock.nowMs() > untilMs) throw new Error(`viewers were shown ${seen()} bytes of ${sent}`);
    await sleep(5);
  }
  return seen();
}
