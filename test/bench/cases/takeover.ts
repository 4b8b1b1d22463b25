import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "@confed/kernel";
import type { Case } from "../case.ts";
import { sleep } from "../fleet.ts";
import { LogWatch } from "../log-check.ts";
import { ROOT } from "../root.ts";

const run = promisify(execFile);
const CONFED = join(ROOT, "packages/confed/dist/confed.mjs");
const LINES_PER_SECOND = 10;

/** A new version of the agent takes its links over, in the midst of a load. */
export const takeover: Case = {
  name: "takeover",
  about: "confed agent upgrade with 8,000 links under 10 lines/s each",
  systems: ["confed"],
  fleet: (quick) => ({ consoles: quick ? 1_000 : 8_000, own: "takeover" }),
  async run({ rack, system, settings }) {
    const [agent] = system.confed!.agents;
    const watch = new LogWatch(settings.programs.logcheck, rack.consoles.length, system.logTemplate);
    try {
      await rack.rate(LINES_PER_SECOND);
      await sleep(5_000);
      const before = await rack.report();
      await watch.forget();
      const startMs = systemClock.nowMs();
      await run(process.execPath, [CONFED, "agent", "upgrade", "--agent", agent!.address]);
      const upgradeMs = systemClock.nowMs() - startMs;
      await sleep(5_000);
      const delay = await watch.report();
      const after = await rack.report();
      return {
        upgradeMs,
        linksReopened: after.reopened - before.reopened,
        linksMissing: rack.consoles.length - after.connected,
        // The line that waited longest for being read and logged.
        pauseMs: delay.maxMs,
        logP99Ms: delay.p99Ms,
      };
    } finally {
      await rack.quiet();
      await watch.end();
    }
  },
  targets: [
    { figure: "linksReopened", of: "confed", atMost: 0, quickAtMost: 0 },
    { figure: "linksMissing", of: "confed", atMost: 0, quickAtMost: 0 },
    { figure: "pauseMs", of: "confed", atMost: 2_000, quickAtMost: 2_000 },
  ],
  slow: true,
};
