import { systemClock } from "@confed/kernel";
import type { Case } from "../case.ts";
import { sleep } from "../fleet.ts";
import { quantile } from "../measure/quantile.ts";
import { RssPeak, rssBytesOf } from "../measure/rss.ts";
import { Viewer } from "../measure/viewer.ts";

const OTHERS = 50;
const FLOODED = 0;
/** What the flooding console prints in a run, and before it: as fast as it is read. */
const FLOOD_BYTES = 400_000_000;
const WARM_BYTES = 100_000_000;
/** 32 KB in one write: a line at a time, the rack itself comes to 18 MB/s and no more. */
const BURST_LINES = 400;
const BETWEEN_ECHOES_MS = 50;

/** One console floods, its viewer reads nothing; everybody else works on. */
export const stuckViewer: Case = {
  name: "stuck-viewer",
  about: "a viewer that never reads on a flooding console, 50 others typing",
  systems: ["confed"],
  fleet: () => ({ consoles: OTHERS + 1, own: "stuck-viewer" }),
  async run({ rack, system }, quick) {
    const [agent] = system.confed!.agents;
    const part = quick ? 0.1 : 1;
    const flooded = { from: FLOODED, to: FLOODED, burst: BURST_LINES };
    const others = rack.consoles.slice(1).map(({ name }) => new Viewer(system.confed!, name));
    await Promise.all(others.map(({ opened }) => opened));
    const coldRssBytes = rssBytesOf(agent!.pid);
    // Code and heap as any flood leaves them, with or without a viewer.
    // Watched: what nobody watches is read in cadence, which is no flood.
    const reader = new Viewer(system.confed!, rack.consoles[FLOODED]!.name);
    await reader.opened;
    await rack.flood(WARM_BYTES * part, flooded);
    await reader.close();
    await sleep(1_000);
    const restRssBytes = Math.max(coldRssBytes, rssBytesOf(agent!.pid));

    const stuck = new Viewer(system.confed!, rack.consoles[FLOODED]!.name);
    await stuck.opened;
    stuck.stopReading();
    const peak = new RssPeak(agent!.pid);
    let over = false;
    const startMs = systemClock.nowMs();
    const flood = rack.flood(FLOOD_BYTES * part, flooded).then(({ startMs: from, takenMs }) => {
      over = true;
      return (FLOOD_BYTES * part) / 1e6 / ((takenMs - from) / 1_000);
    });
    const echoMs: number[] = [];
    await Promise.all(
      others.map(async (viewer, index) => {
        // Not all in the same moment.
        await sleep((index * BETWEEN_ECHOES_MS) / OTHERS);
        for (let turn = 0; !over; turn += 1) {
          echoMs.push(await viewer.echo(`<${index}.${turn}>`));
          await sleep(BETWEEN_ECHOES_MS);
        }
      }),
    );
    const floodMbPerSecond = await flood;
    const floodSeconds = (systemClock.nowMs() - startMs) / 1_000;
    const peakBytes = peak.end();
    for (const viewer of others) await viewer.close();
    stuck.cancel();
    return {
      othersEchoP50Ms: quantile(echoMs, 0.5),
      othersEchoP99Ms: quantile(echoMs, 0.99),
      othersEchoMaxMs: Math.max(...echoMs),
      echoes: echoMs.length,
      floodMbPerSecond,
      floodSeconds,
      rssGrowthMib: (peakBytes - restRssBytes) / 2 ** 20,
    };
  },
  targets: [
    { figure: "othersEchoP99Ms", of: "confed", atMost: 50, quickAtMost: 100 },
    { figure: "rssGrowthMib", of: "confed", atMost: 16, quickAtMost: 32 },
  ],
  slow: true,
};
