import { join } from "node:path";
import type { Case } from "../case.ts";
import { type Fleet, sleep, within } from "../fleet.ts";
import { cpuSecondsOf, sizeOf } from "../measure/process-tree.ts";
import { rssBytesOf } from "../measure/rss.ts";
import { Rack } from "../rack.ts";
import { startSystem } from "../systems/index.ts";
import type { RunningSystem } from "../systems/system.ts";

/** The small agent that the large one is held against: what consoles cost is the difference. */
const FEW = 100;
/** V8 gives the garbage of a start back when nothing was allocated for 40 s. */
const REST_MS = 50_000;
const WATCHED_MS = 20_000;

/** What consoles cost that say nothing. */
export const idle: Case = {
  name: "idle",
  about: "10,000 idle consoles: memory of each, and CPU",
  systems: ["confed"],
  fleet: (quick) => ({ consoles: quick ? 1_000 : 10_000, own: "idle" }),
  async run(fleet, quick) {
    const restMs = quick ? 1_000 : REST_MS;
    const few = await memoryOfFew(fleet, restMs);
    const cpuBefore = cpuSecondsOf(fleet.system.pids());
    const watchedMs = quick ? 4_000 : WATCHED_MS;
    await sleep(watchedMs);
    const cpuSeconds = cpuSecondsOf(fleet.system.pids()) - cpuBefore;
    const many = memoryOf(fleet.system);
    const added = fleet.rack.consoles.length - FEW;
    return {
      agentRssKibPerConsole: (many.agentRssKib - few.agentRssKib) / added,
      treeRssKibPerConsole: (many.treeRssKib - few.treeRssKib) / added,
      treePssKibPerConsole: (many.treePssKib - few.treePssKib) / added,
      agentRssMib: many.agentRssKib / 1024,
      treeRssMib: many.treeRssKib / 1024,
      cpuPercent: (100 * cpuSeconds * 1_000) / watchedMs,
    };
  },
  targets: [
    // A thousand consoles do not even out what a heap takes in steps.
    { figure: "agentRssKibPerConsole", of: "confed", atMost: 6, quickAtMost: 48 },
    { figure: "treeRssKibPerConsole", of: "confed", atMost: 6, quickAtMost: 48 },
    { figure: "cpuPercent", of: "confed", atMost: 1, quickAtMost: 3 },
  ],
};

async function memoryOfFew({ dir, settings }: Fleet, restMs: number): Promise<Memory> {
  const rack = await Rack.start(settings.programs.rack, FEW);
  const system = await startSystem("confed", { consoles: rack.consoles, dir: join(dir, "few") });
  try {
    await within(30_000, rack.connected(), () => "a few consoles connected");
    await sleep(restMs);
    return memoryOf(system);
  } finally {
    await system.stop();
    await rack.end();
  }
}

function memoryOf(system: RunningSystem): Memory {
  const tree = sizeOf(system.pids());
  return {
    agentRssKib: rssBytesOf(system.pids()[0]!) / 1024,
    treeRssKib: tree.rssMib * 1024,
    treePssKib: tree.pssMib * 1024,
  };
}

interface Memory {
  /** The process that has the links. */
  readonly agentRssKib: number;
  readonly treeRssKib: number;
  readonly treePssKib: number;
}
