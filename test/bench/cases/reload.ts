import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "@confed/kernel";
import type { Case } from "../case.ts";
import { untilMs } from "../measure/until.ts";
import { ROOT } from "../root.ts";

const run = promisify(execFile);
const CONFED = join(ROOT, "packages/confed/dist/confed.mjs");

/** One console of many is reached in another way from now on. */
export const reload: Case = {
  name: "reload",
  about: "reload of 10,000 consoles with one changed",
  systems: ["confed"],
  fleet: (quick) => ({ consoles: quick ? 1_000 : 10_000, own: "reload" }),
  async run({ system, rack }) {
    const [agent] = system.confed!.agents;
    const lines = readFileSync(agent!.tablePath, "utf8").trim().split("\n");
    const before = await rack.report();
    const middle = lines.length >> 1;
    // Another way to the same console: its link must be opened anew, and no other.
    const changed = JSON.stringify({ ...(JSON.parse(lines[middle]!) as object), transport: "telnet" });
    const startMs = systemClock.nowMs();
    writeFileSync(agent!.tablePath, `${lines.with(middle, changed).join("\n")}\n`);
    const { stdout } = await run(process.execPath, [
      ...[CONFED, "reload", "--agent", agent!.address, "--json"],
    ]);
    const reloadMs = systemClock.nowMs() - startMs;
    // The plan is acted upon when it is answered; the link itself needs its handshake.
    let after = await rack.report();
    const ask = async () => {
      after = await rack.report();
    };
    await untilMs(() => (void ask(), after.reopened > before.reopened), 5_000, "the link opened again");
    // And whoever else was touched comes back within its first delay of a second.
    await untilMs(() => (void ask(), systemClock.nowMs() - startMs > SETTLED_MS), 2 * SETTLED_MS, "settled");
    const plan = JSON.parse(stdout) as { readonly untouched?: number };
    return {
      reloadMs,
      linksTouched: after.reopened - before.reopened,
      linksMissing: rack.consoles.length - after.connected,
      untouched: plan.untouched ?? Number.NaN,
    };
  },
  targets: [
    { figure: "reloadMs", of: "confed", atMost: 1_000, quickAtMost: 1_500 },
    { figure: "linksTouched", of: "confed", atMost: 1, quickAtMost: 1 },
    { figure: "linksMissing", of: "confed", atMost: 0, quickAtMost: 0 },
  ],
  slow: true,
};

const SETTLED_MS = 3_000;
