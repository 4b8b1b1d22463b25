import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import type { Case } from "../case.ts";
import { median } from "../results.ts";
import { ROOT } from "../root.ts";
import { type Federation, startFederation } from "../systems/federation.ts";

const SITE = { agents: 100, consoles: 1_000, changesPerSecond: 0 };
const ALL = "";
/** Fifty agents of a hundred: enough for the reader's heap to have grown as far as it does by itself. */
const HALF = "sim00*,sim01*,sim02*,sim03*,sim04*,sim050-*";
const TURNS = 5;
const PEAK = join(ROOT, "test/bench/systems/peak-memory.cjs");

/** How long `rcons ls` takes for a whole site, and whether its memory depends on how many consoles there are. */
export const headList: Case = {
  name: "head-list",
  about: "`rcons ls` of 100,000 consoles",
  systems: ["confed"],
  fleet: () => ({ consoles: 2, own: "head-list", unverified: true }),
  async run({ system, dir, settings }) {
    await system.stop();
    const federation = await startFederation(SITE, join(dir, "head"), settings.profileDir);
    try {
      const all = [];
      const halves = [];
      for (let turn = 0; turn < TURNS; turn += 1) {
        halves.push(await listed(federation, { selection: HALF, consoles: federation.consoles / 2, dir }));
        all.push(await listed(federation, { selection: ALL, consoles: federation.consoles, dir }));
      }
      const rssMibOf = (runs: readonly Listed[]) => median(runs.map(({ peakMib }) => peakMib));
      return {
        list100000Ms: median(all.map(({ tookMs }) => tookMs)),
        list50000Ms: median(halves.map(({ tookMs }) => tookMs)),
        clientPeakMib100000: rssMibOf(all),
        clientPeakMib50000: rssMibOf(halves),
        clientGrowthMib: rssMibOf(all) - rssMibOf(halves),
      };
    } finally {
      await federation.stop();
    }
  },
  targets: [
    { figure: "list100000Ms", of: "confed", atMost: 3_000, quickAtMost: 10_000 },
    // Kept, the other half would be 50 MiB.
    { figure: "clientGrowthMib", of: "confed", atMost: 8, quickAtMost: 16 },
  ],
  slow: true,
};

interface Listed {
  readonly tookMs: number;
  readonly peakMib: number;
}

async function listed(
  { rconsArgv }: Federation,
  {
    selection,
    consoles,
    dir,
  }: { readonly selection: string; readonly consoles: number; readonly dir: string },
): Promise<Listed> {
  const peakPath = join(dir, "peak");
  const [program, ...args] = rconsArgv("ls", ...(selection === "" ? [] : [selection]));
  const startMs = systemClock.nowMs();
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_OPTIONS: `--require=${PEAK}`, CONFED_BENCH_PEAK: peakPath },
  });
  let lines = 0;
  child.stdout.on("data", (bytes: Buffer) => {
    for (const byte of bytes) if (byte === LINE_FEED) lines += 1;
  });
  await once(child, "close");
  const tookMs = systemClock.nowMs() - startMs;
  if (lines !== consoles + 1) throw new Error(`rcons ls printed ${lines} lines, not ${consoles} and a title`);
  return { tookMs, peakMib: Number(readFileSync(peakPath, "utf8")) / 1024 };
}

const LINE_FEED = 0x0a;
