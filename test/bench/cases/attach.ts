import type { Case } from "../case.ts";
import { type Figures, VoidRun } from "../figures.ts";
import { type Fleet, sleep } from "../fleet.ts";
import { timeClient } from "../measure/pty-client.ts";
import { quantile } from "../measure/quantile.ts";
import type { SystemName } from "../systems/system.ts";

const SYSTEMS: readonly SystemName[] = ["confed", "conserver-m16", "conserver-best", "conman"];
const CONSERVER: readonly SystemName[] = ["conserver-m16", "conserver-best"];
const LINES_PER_SECOND = 100;
/** Whoever attaches finds the load as it has been for a while. */
const SETTLE_MS = 1_000;
const LATENESS_P99_MS_MAX = 50;

const thousand = (quick: boolean) => ({ consoles: quick ? 100 : 1_000 });

/** How long an operator waits for the prompt, each system with its own client in a terminal. */
export const attach: Case = {
  name: "attach",
  about: "client started to first echo, under 1,000 consoles x 100 lines/s",
  systems: SYSTEMS,
  fleet: thousand,
  run: (fleet, quick) =>
    underLoad(fleet, async () => {
      const attachMs: number[] = [];
      const firstOutputMs: number[] = [];
      for (let turn = 0; turn < (quick ? 5 : 25); turn += 1) {
        const times = await timeClient(fleet.settings.programs.ptyClient, clientArgv(fleet, turn));
        attachMs.push(times.attachMs);
        firstOutputMs.push(times.firstOutputMs);
      }
      return {
        attachP50Ms: quantile(attachMs, 0.5),
        attachMinMs: Math.min(...attachMs),
        attachMaxMs: Math.max(...attachMs),
        firstOutputP50Ms: quantile(firstOutputMs, 0.5),
      };
    }),
  targets: [{ figure: "attachP50Ms", of: "confed", against: CONSERVER, atMost: 1, quickAtMost: 1.5 }],
};

/** The same with conserver's own client at both, idle and under load: what a site that changes over sees of it. */
export const attachStock: Case = {
  name: "attach-stock",
  about: "conserver's client started to first echo, idle and under 1,000 consoles x 100 lines/s",
  systems: ["confed", ...CONSERVER],
  fleet: thousand,
  run: async (fleet, quick) => {
    const turns = quick ? 10 : 100;
    const idle = await timesOfStock(fleet, turns);
    return underLoad(fleet, async () => {
      const loaded = await timesOfStock(fleet, turns);
      return {
        stockIdleP50Ms: quantile(idle, 0.5),
        stockIdleP99Ms: quantile(idle, 0.99),
        stockLoadP50Ms: quantile(loaded, 0.5),
        stockLoadP99Ms: quantile(loaded, 0.99),
      };
    });
  },
  targets: ["stockIdleP50Ms", "stockIdleP99Ms", "stockLoadP50Ms", "stockLoadP99Ms"].map((figure) => ({
    ...{ figure, of: "confed", against: CONSERVER, atMost: 0.5, quickAtMost: 0.9 },
  })),
};

async function timesOfStock({ system, rack, settings }: Fleet, turns: number): Promise<readonly number[]> {
  const { stockArgv } = system;
  if (stockArgv === undefined) throw new Error(`${system.name} is not for conserver's client`);
  const attachMs: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const console = rack.consoles[(turn * 37) % rack.consoles.length]!.name;
    attachMs.push((await timeClient(settings.programs.ptyClient, stockArgv(console))).attachMs);
  }
  return attachMs;
}

/** How long a key takes to be shown, in the same clients. */
export const echo: Case = {
  name: "echo",
  about: "echo of an attached client, under 1,000 consoles x 100 lines/s",
  systems: SYSTEMS,
  fleet: thousand,
  run: (fleet, quick) =>
    underLoad(fleet, async () => {
      const samples = quick ? 100 : 500;
      const program = fleet.settings.programs.ptyClient;
      const direct = await timeClient(program, clientArgv(fleet, 3), { samples });
      const relayed =
        fleet.system.confed === undefined
          ? undefined
          : await timeClient(program, [...clientArgv(fleet, 5), "--route", "relay"], { samples });
      return {
        echoP50Ms: quantile(direct.echoMs, 0.5),
        echoP99Ms: quantile(direct.echoMs, 0.99),
        ...(relayed === undefined
          ? {}
          : {
              relayEchoP50Ms: quantile(relayed.echoMs, 0.5),
              relayEchoP99Ms: quantile(relayed.echoMs, 0.99),
            }),
      };
    }),
  targets: [
    { figure: "echoP50Ms", of: "confed", atMost: 3, quickAtMost: 15 },
    { figure: "echoP99Ms", of: "confed", atMost: 25, quickAtMost: 100 },
    { figure: "relayEchoP50Ms", of: "confed", atMost: 3, quickAtMost: 15 },
    { figure: "relayEchoP99Ms", of: "confed", atMost: 25, quickAtMost: 100 },
  ],
};

/** Another console each time. */
function clientArgv({ system, rack }: Fleet, turn: number): readonly string[] {
  return system.attachArgv(rack.consoles[(turn * 37) % rack.consoles.length]!.name);
}

async function underLoad({ rack }: Fleet, body: () => Promise<Figures>): Promise<Figures> {
  await rack.rate(LINES_PER_SECOND);
  try {
    await sleep(SETTLE_MS);
    await rack.forgetLateness();
    const figures = await body();
    const { lateP99Ms } = await rack.report();
    if (lateP99Ms > LATENESS_P99_MS_MAX) throw new VoidRun(`the rack was ${lateP99Ms.toFixed(0)} ms late`);
    return { ...figures, rackLateP99Ms: lateP99Ms };
  } finally {
    await rack.quiet();
  }
}
