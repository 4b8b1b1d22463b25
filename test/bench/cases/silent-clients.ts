import { join } from "node:path";
import { parseHostPort } from "@confed/kernel";
import type { Case } from "../case.ts";
import { sleep } from "../fleet.ts";
import { JsonChild } from "../json-child.ts";
import { quantile } from "../measure/quantile.ts";
import { RssPeak, rssBytesOf } from "../measure/rss.ts";
import { Viewer } from "../measure/viewer.ts";
import { ROOT } from "../root.ts";

const PROGRAM = join(ROOT, "test/bench/systems/silent-clients.mjs");
const SOURCES = 200;
/** Longer than the time to prove who one is: all of them are hung up on, and come again, meanwhile. */
const ATTACHES = 400;
const BETWEEN_ATTACHES_MS = 50;

/** A crowd that never says anything whole, and people who attach all the same. */
export const silentClients: Case = {
  name: "silent-clients",
  about: "10,000 silent and dripping clients from 200 addresses, people attach",
  systems: ["confed"],
  fleet: () => ({ consoles: 10, own: "silent-clients" }),
  async run({ rack, system, settings }, quick) {
    const [agent] = system.confed!.agents;
    const { host, port } = parseHostPort(agent!.address);
    const count = quick ? 1_000 : 10_000;
    const attaches = quick ? ATTACHES / 8 : ATTACHES;
    let refused = 0;
    const attachOften = async () => {
      const tookMs: number[] = [];
      for (let turn = 0; turn < attaches; turn += 1) {
        const viewer = new Viewer(system.confed!, rack.consoles[turn % rack.consoles.length]!.name);
        try {
          await viewer.opened;
          tookMs.push(viewer.openedAfterMs);
          await viewer.close();
        } catch {
          refused += 1;
          viewer.cancel();
        }
        await sleep(BETWEEN_ATTACHES_MS);
      }
      return tookMs;
    };
    await attachOften();
    const before = await attachOften();
    const restBytes = rssBytesOf(agent!.pid);
    const crowd = new JsonChild([
      process.execPath,
      PROGRAM,
      host,
      String(port),
      String(count),
      String(SOURCES),
    ]);
    const peak = new RssPeak(agent!.pid);
    if (settings.profileDir !== undefined) await system.insides?.startProfiles([agent!.pid]);
    await crowd.order("begin");
    const during = await attachOften();
    if (settings.profileDir !== undefined) await system.insides?.endProfiles([agent!.pid]);
    const { opened } = await crowd.order("report");
    const peakBytes = peak.end();
    await crowd.end();
    return {
      attachP50Ms: quantile(during, 0.5),
      attachP99Ms: quantile(during, 0.99),
      quietP99Ms: quantile(before, 0.99),
      p99GrowthMs: quantile(during, 0.99) - quantile(before, 0.99),
      refused,
      crowdCame: Number(opened),
      rssGrowthMib: (peakBytes - restBytes) / 2 ** 20,
    };
  },
  targets: [
    { figure: "refused", of: "confed", atMost: 0, quickAtMost: 0 },
    { figure: "p99GrowthMs", of: "confed", atMost: 20, quickAtMost: 60 },
  ],
  slow: true,
};
