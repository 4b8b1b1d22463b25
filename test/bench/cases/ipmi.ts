import { execFile } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "@confed/kernel";
import { BmcRack } from "../bmc-rack.ts";
import type { Case } from "../case.ts";
import { type Figures, VoidRun } from "../figures.ts";
import { type Fleet, sleep, within } from "../fleet.ts";
import { cpuSecondsOf, sizeOf, treeLike } from "../measure/process-tree.ts";
import { rssBytesOf } from "../measure/rss.ts";
import { untilMs } from "../measure/until.ts";
import { ROOT } from "../root.ts";
import { isInstalled, type SolPeer, startConmanIpmi, startIpmitools } from "../systems/sol-peers.ts";

const run = promisify(execFile);
const CONFED = join(ROOT, "packages/confed/dist/confed.mjs");

/** What the case does at its full size, and in its quick form. */
const FULL = {
  bmcs: 1_000,
  restMs: 5_000,
  watchedMs: 20_000,
  floodBytes: 800_000,
  conmans: 200,
  ipmitools: 50,
};
const QUICK = { bmcs: 50, restMs: 300, watchedMs: 2_000, floodBytes: 100_000, conmans: 0, ipmitools: 0 };

/**
 * Serial over LAN in this process: log-in, what a console costs, and how soon packets are acknowledged while as
 * many TCP consoles flood. OpenBMC gives up what is not acknowledged after 700 ms. Beside it what libipmiconsole
 * and a process a console take for the same BMCs.
 */
export const ipmi: Case = {
  name: "ipmi",
  about: "1,000 consoles by IPMI Serial over LAN x 1 line/s; then 1,000 TCP consoles flood beside them",
  systems: ["confed"],
  fleet: (quick) => ({ consoles: quick ? 50 : 1_000, own: "ipmi" }),
  async run(fleet, quick) {
    const size = quick ? QUICK : FULL;
    const { tablePath } = fleet.system.confed!.agents[0]!;
    const table = readFileSync(tablePath, "utf8");
    const rack = await BmcRack.start(size.bmcs);
    let figures: Figures;
    try {
      figures = await measured(fleet, rack, size);
    } finally {
      await logOut(fleet, table);
      await rack.end();
    }
    return { ...figures, ...(await beside(fleet, size)) };
  },
  targets: [
    { figure: "loginMs", of: "confed", atMost: 3_000, quickAtMost: 3_000 },
    { figure: "agentCpuPercent", of: "confed", atMost: 15, quickAtMost: 15 },
    // What Node needs once for it weighs more than fifty consoles.
    { figure: "agentRssKibPerConsole", of: "confed", atMost: 40, quickAtMost: 600 },
    { figure: "ackP99Ms", of: "confed", atMost: 100, quickAtMost: 250 },
    { figure: "wrongLogs", of: "confed", atMost: 0, quickAtMost: 0 },
    { figure: "reactivations", of: "confed", atMost: 0, quickAtMost: 0 },
  ],
};

type Size = typeof FULL;

/** Later than that, and it is the load that was measured. */
const BMCS_LATE_MS_MAX = 50;

async function measured(fleet: Fleet, rack: BmcRack, size: Size): Promise<Figures> {
  const { system } = fleet;
  const [agent] = treeLike(system.pids(), "confed.mjs agent");
  const rssKib = () => rssBytesOf(agent!) / 1024;
  await sleep(size.restMs);
  const idleKib = rssKib();
  const loginMs = await logIn(fleet, rack);
  await sleep(size.restMs);
  const loggedInKib = rssKib();

  await rack.rate(1);
  await sleep(size.restMs);
  await rack.forgetAcks();
  const before = { agent: cpuSecondsOf([agent!], false), tree: cpuSecondsOf(system.pids()) };
  const startMs = systemClock.nowMs();
  await sleep(size.watchedMs);
  const seconds = (systemClock.nowMs() - startMs) / 1_000;
  const agentCpu = cpuSecondsOf([agent!], false) - before.agent;
  const treeCpu = cpuSecondsOf(system.pids()) - before.tree;
  const calm = await rack.report();
  const busyKib = rssKib();

  await rack.forgetAcks();
  const { takenMs, startMs: floodMs } = await fleet.rack.flood(size.floodBytes, { burst: 2 });
  const flooded = await rack.report();
  if (flooded.lateP99Ms > BMCS_LATE_MS_MAX)
    throw new VoidRun(`the BMCs were ${flooded.lateP99Ms.toFixed(0)} ms late`);
  await rack.quiet();
  await untilAcknowledged(rack);
  return {
    loginMs,
    agentCpuPercent: (100 * agentCpu) / seconds,
    treeCpuPercent: (100 * treeCpu) / seconds,
    agentRssKibPerConsole: (busyKib - idleKib) / size.bmcs,
    loggedInRssKibPerConsole: (loggedInKib - idleKib) / size.bmcs,
    calmAckP99Ms: calm.ackP99Ms,
    ackP50Ms: flooded.ackP50Ms,
    ackP99Ms: flooded.ackP99Ms,
    ackMaxMs: flooded.ackMaxMs,
    bmcsLateP99Ms: flooded.lateP99Ms,
    floodMs: takenMs - floodMs,
    reactivations: flooded.activations - size.bmcs,
    wrongLogs: await wrongLogs(fleet, rack),
  };
}

/** From the reload that brings the consoles until SOL is active on all. */
async function logIn({ system, dir }: Fleet, rack: BmcRack): Promise<number> {
  const [agent] = system.confed!.agents;
  const { user, password } = rack.user;
  const secret = join(dir, "bmc-password");
  writeFileSync(secret, `${password}\n`, { mode: 0o600 });
  const lines = rack.bmcs.map((bmc) => {
    const entry = { ...bmc, transport: "ipmi", user, password: { file: secret } };
    return `${JSON.stringify(entry)}\n`;
  });
  writeFileSync(agent!.tablePath, readFileSync(agent!.tablePath, "utf8") + lines.join(""));
  const startMs = systemClock.wallTimeMs();
  const active = within(60_000, rack.active(), () => "not all BMCs had a session");
  await reload(agent!.address);
  return (await active) - startMs;
}

/** As the fleet was found: without them. */
async function logOut({ system }: Fleet, table: string): Promise<void> {
  const [agent] = system.confed!.agents;
  writeFileSync(agent!.tablePath, table);
  await reload(agent!.address);
}

async function reload(agent: string): Promise<void> {
  await run(process.execPath, [CONFED, "reload", "--agent", agent]);
}

async function untilAcknowledged(rack: BmcRack): Promise<void> {
  let waiting = Number.POSITIVE_INFINITY;
  const ask = async () => {
    ({ waiting } = await rack.report());
  };
  await untilMs(() => (void ask(), waiting === 0), 10_000, "the last lines acknowledged");
}

/** How many logs are not as long as what was printed and acknowledged. */
async function wrongLogs({ system }: Fleet, rack: BmcRack): Promise<number> {
  const printed = await rack.printedBytes();
  const wrong = () =>
    rack.bmcs.filter(({ name }, index) => {
      const log = statSync(system.logTemplate.replace("&", name), { throwIfNoEntry: false });
      return (log?.size ?? 0) !== printed[index];
    }).length;
  await untilMs(() => wrong() === 0, 5_000, "logs complete").catch(() => undefined);
  return wrong();
}

/** The same BMCs at others, each console printing a line a second. */
async function beside({ dir }: Fleet, size: Size): Promise<Figures> {
  const figures: Record<string, number> = {};
  const measure = async (name: string, count: number, start: (rack: BmcRack) => Promise<SolPeer>) => {
    if (count === 0) return;
    const rack = await BmcRack.start(count);
    try {
      const peer = await start(rack);
      try {
        await within(60_000, rack.active(), () => `${name}: not all BMCs had a session`);
        await rack.rate(1);
        await sleep(size.restMs);
        const before = cpuSecondsOf(peer.pids);
        await sleep(size.watchedMs);
        const cpu = cpuSecondsOf(peer.pids) - before;
        figures[`${name}CpuPercentPer1000`] = (100_000 / count) * (cpu / (size.watchedMs / 1_000));
        figures[`${name}PssKibPerConsole`] = (sizeOf(peer.pids).pssMib * 1024) / count;
      } finally {
        await peer.stop();
      }
    } finally {
      await rack.end();
    }
  };
  const usual = process.getuid?.() === 0;
  if (usual && isInstalled("conmand"))
    await measure("conman", size.conmans, (rack) => startConmanIpmi(rack, dir));
  if (isInstalled("ipmitool") && isInstalled("script"))
    await measure("ipmitool", size.ipmitools, startIpmitools);
  return figures;
}
