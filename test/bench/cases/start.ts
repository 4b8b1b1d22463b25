import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import type { Case } from "../case.ts";
import type { Figures } from "../figures.ts";
import type { Fleet } from "../fleet.ts";
import { sizeOf } from "../measure/process-tree.ts";
import { quantile } from "../measure/quantile.ts";
import { Viewer } from "../measure/viewer.ts";

/** How long until all consoles are connected, and what an idle console costs each system. */
export const start1000: Case = {
  name: "start-1000",
  about: "start of 1,000 consoles: all connected after exec",
  systems: ["confed", "conserver-m16", "conserver-best", "conman"],
  fleet: (quick) => ({ consoles: quick ? 100 : 1_000 }),
  run: ({ system, rack }) => {
    const size = sizeOf(system.pids());
    // Measured by the fleet for every case: `connectedMs`.
    return Promise.resolve({ ...size, pssKibPerConsole: (size.pssMib * 1024) / rack.consoles.length });
  },
  targets: [{ figure: "connectedMs", of: "confed", atMost: 1_000, quickAtMost: 2_000 }],
};

/** Consoles that are attached to while the agent starts. */
const ATTACHED = 100;

/** A start of many, with people who do not wait for its end. */
export const start10000: Case = {
  name: "start-10000",
  about: "start of 10,000 consoles, attached to meanwhile",
  systems: ["confed"],
  fleet: (quick) => ({ consoles: quick ? 1_000 : 10_000, own: "start", whileStarting: attachMeanwhile }),
  run: () => Promise.resolve({}),
  targets: [
    { figure: "connectedMs", of: "confed", atMost: 5_000, quickAtMost: 3_000 },
    { figure: "attachesRefused", of: "confed", atMost: 0, quickAtMost: 0 },
    { figure: "attachesNeverUp", of: "confed", atMost: 0, quickAtMost: 0 },
  ],
};

async function attachMeanwhile({ system, rack }: Fleet): Promise<Figures> {
  const listenedMs = systemClock.wallTimeMs() - system.startedMs;
  const [agent] = system.confed!.agents;
  const viewers = Array.from({ length: ATTACHED }, (_, turn) => {
    // A stride that meets consoles everywhere in the order of the start.
    const { name } = rack.consoles[(turn * 7_919) % rack.consoles.length]!;
    // Of the agent's own host: no head knows yet what it has.
    return new Viewer({ address: `unix:${join(agent!.stateDir, "control", "agent.sock")}` }, name);
  });
  const accepted = await Promise.allSettled(viewers.map(({ opened }) => opened));
  const firstAcceptedMs = systemClock.wallTimeMs() - system.startedMs;
  await Promise.allSettled(viewers.map((viewer) => viewer.connected(CONNECTED_WITHIN_MS)));
  const openedMs = viewers.map(({ openedAfterMs }) => openedAfterMs).filter(Number.isFinite);
  const connectedMs = viewers.map(({ connectedAfterMs }) => connectedAfterMs).filter(Number.isFinite);
  for (const viewer of viewers) await viewer.close();
  return {
    listenedMs,
    attachesAcceptedMs: firstAcceptedMs,
    attachesRefused: accepted.filter(({ status }) => status === "rejected").length,
    attachesNeverUp: viewers.length - connectedMs.length,
    acceptedP50Ms: quantile(openedMs, 0.5),
    acceptedP99Ms: quantile(openedMs, 0.99),
    linkUpP99Ms: quantile(connectedMs, 0.99),
  };
}

const CONNECTED_WITHIN_MS = 30_000;
