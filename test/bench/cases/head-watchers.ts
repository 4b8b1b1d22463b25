import { systemClock } from "@confed/kernel";
import type { Case } from "../case.ts";
import { sleep } from "../fleet.ts";
import { cpuPercentOf } from "../measure/process-tree.ts";
import { quantile } from "../measure/quantile.ts";
import { RssPeak } from "../measure/rss.ts";
import { HeadWatcher } from "../measure/watcher.ts";
import { startFederation } from "../systems/federation.ts";

const SITE = { agents: 100, consoles: 1_000, changesPerSecond: 1_000 };
const WATCHERS = 50;
/** Together they cost more than a heap varies by itself. */
const STOPPED = 20;
const LOAD_MS = 10_000;
/** Windows, sockets and queues of those that stopped are full by then: 250 KB/s each. */
const FILL_MS = 12_000;

/** Screens that follow a whole site, and what some of them cost that do not read any more. */
export const headWatchers: Case = {
  name: "head-watchers",
  about: "50 watchers of 100,000 consoles with 1,000 changes/s; 20 that stop reading",
  systems: ["confed"],
  fleet: () => ({ consoles: 2, own: "head-watchers", unverified: true }),
  async run({ system, dir, settings }) {
    await system.stop();
    const federation = await startFederation(SITE, `${dir}/head`, settings.profileDir);
    const watchers: HeadWatcher[] = [];
    const watch = async (count: number) => {
      const added = Array.from({ length: count }, () => new HeadWatcher(federation.person.head()));
      watchers.push(...added);
      await Promise.all(added.map(({ synced }) => synced));
      return added;
    };
    try {
      const { headPid } = federation;
      await sleep(3_000);
      const cpuOfNone = await cpuPercentOf(headPid, () => sleep(LOAD_MS));
      const startMs = systemClock.nowMs();
      const screens = await watch(WATCHERS);
      const allSyncedMs = systemClock.nowMs() - startMs;
      const late = async () => {
        for (const screen of screens) screen.forget();
        const cpuPercent = await cpuPercentOf(headPid, () => sleep(LOAD_MS));
        const lateMs = screens.flatMap((screen) => screen.lateMs);
        return {
          cpuPercent,
          p50Ms: quantile(lateMs, 0.5),
          p99Ms: quantile(lateMs, 0.99),
          count: lateMs.length,
        };
      };
      if (settings.profileDir !== undefined) await federation.insides.startProfiles([headPid]);
      const resting = new RssPeak(headPid);
      const reading = await late();
      const restRssBytes = resting.end();
      if (settings.profileDir !== undefined) await federation.insides.endProfiles([headPid]);
      for (const stopped of await watch(STOPPED)) stopped.stopReading();
      const peak = new RssPeak(headPid);
      await sleep(FILL_MS);
      const beside = await late();
      const stoppedMib = (peak.end() - restRssBytes) / 2 ** 20 / STOPPED;
      return {
        allSyncedMs,
        cpuOfNone,
        cpuOf50: reading.cpuPercent,
        cpuPerWatcher: (reading.cpuPercent - cpuOfNone) / WATCHERS,
        changesShown: reading.count,
        lateP50Ms: reading.p50Ms,
        lateP99Ms: reading.p99Ms,
        besideStoppedP50Ms: beside.p50Ms,
        besideStoppedP99Ms: beside.p99Ms,
        p99GrowthMs: beside.p99Ms - reading.p99Ms,
        stoppedMib,
      };
    } finally {
      for (const watcher of watchers) watcher.close();
      await federation.stop();
    }
  },
  targets: [
    { figure: "stoppedMib", of: "confed", atMost: 2, quickAtMost: 4 },
    // An agent with many changes tells every 250 ms, and a head every 75, whoever reads.
    { figure: "lateP99Ms", of: "confed", atMost: 350, quickAtMost: 1_000 },
    { figure: "p99GrowthMs", of: "confed", atMost: 50, quickAtMost: 250 },
    // A tick is encoded once: a watcher more costs what it takes to hand it on.
    { figure: "cpuPerWatcher", of: "confed", atMost: 1, quickAtMost: 2 },
  ],
  slow: true,
};
