import { systemClock } from "@confed/kernel";
import type { Case } from "../case.ts";
import type { Figures } from "../figures.ts";
import { type Fleet, sleep } from "../fleet.ts";
import { sizeOf } from "../measure/process-tree.ts";
import { quantile } from "../measure/quantile.ts";
import { randomOf } from "../measure/random.ts";
import { rssBytesOf } from "../measure/rss.ts";
import { Viewer } from "../measure/viewer.ts";

const LINES_PER_SECOND = 10;
/** People who come and go at the same time. */
const PEOPLE = 8;
const STAYS_MS_MAX = 400;
const SAMPLE_EVERY_MS = 2_000;
/** Until caches, arenas and the heap have the size that this load needs. */
const WARM_UP_PART = 1 / 3;
const MINUTE_MS = 60_000;
const SEED = 7;

/** Whether anything grows or slows down with time. Only when asked for. */
export const soak: Case = {
  name: "soak",
  about: "1,000 consoles x 10 lines/s, attach and detach all the time",
  systems: ["confed"],
  fleet: () => ({ consoles: 1_000, own: "soak" }),
  run: (fleet) => soaked(fleet, fleet.settings.soakMinutes * MINUTE_MS),
  targets: [
    { figure: "rssMibPerMinute", of: "confed", atMost: 1, quickAtMost: 1 },
    { figure: "descriptorsAdded", of: "confed", atMost: 0, quickAtMost: 0 },
    { figure: "attachP99LastToFirst", of: "confed", atMost: 1.2, quickAtMost: 1.2 },
  ],
  onDemand: true,
};

interface Sample {
  readonly minutes: number;
  readonly treeMib: number;
  readonly agentMib: number;
}

async function soaked({ rack, system }: Fleet, lengthMs: number): Promise<Figures> {
  const [agent] = system.confed!.agents;
  const startMs = systemClock.nowMs();
  const elapsedMs = () => systemClock.nowMs() - startMs;
  const attaches: { readonly atMs: number; readonly tookMs: number }[] = [];
  const samples: Sample[] = [];
  const random = randomOf(SEED);
  const comeAndGo = async () => {
    while (elapsedMs() < lengthMs) {
      const { name } = rack.consoles[Math.floor(random() * rack.consoles.length)]!;
      const viewer = new Viewer(system.confed!, name);
      const atMs = elapsedMs();
      const beganMs = systemClock.nowMs();
      await viewer.opened;
      await viewer.echo(`<${attaches.length}>`);
      attaches.push({ atMs, tookMs: systemClock.nowMs() - beganMs });
      await sleep(random() * STAYS_MS_MAX);
      await viewer.close();
    }
  };
  const watch = async () => {
    while (elapsedMs() < lengthMs) {
      samples.push({
        minutes: elapsedMs() / MINUTE_MS,
        treeMib: sizeOf(system.pids()).rssMib,
        agentMib: rssBytesOf(agent!.pid) / 2 ** 20,
      });
      await sleep(SAMPLE_EVERY_MS);
    }
  };
  await rack.rate(LINES_PER_SECOND);
  try {
    // Files and links of the load, and nobody attached: here and at the end.
    await sleep(SETTLED_MS);
    const descriptors = sizeOf(system.pids()).descriptors;
    await Promise.all([watch(), ...Array.from({ length: PEOPLE }, comeAndGo)]);
    await sleep(SETTLED_MS);
    const warm = samples.filter(({ minutes }) => minutes * MINUTE_MS >= lengthMs * WARM_UP_PART);
    const minute = Math.min(MINUTE_MS, lengthMs / 3);
    const p99 = (fromMs: number, toMs: number) =>
      quantile(
        attaches.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ tookMs }) => tookMs),
        0.99,
      );
    // The first seconds compile what an attach needs.
    const firstMs = p99(COMPILED_MS, COMPILED_MS + minute);
    const lastMs = p99(lengthMs - minute, lengthMs);
    return {
      soakMinutes: lengthMs / MINUTE_MS,
      attaches: attaches.length,
      rssMibPerMinute: slope(warm.map(({ minutes, treeMib }) => [minutes, treeMib])),
      agentRssMibPerMinute: slope(warm.map(({ minutes, agentMib }) => [minutes, agentMib])),
      treeRssMib: samples.at(-1)?.treeMib ?? Number.NaN,
      descriptorsAdded: sizeOf(system.pids()).descriptors - descriptors,
      attachP99FirstMs: firstMs,
      attachP99LastMs: lastMs,
      attachP99LastToFirst: lastMs / firstMs,
    };
  } finally {
    await rack.quiet();
  }
}

const SETTLED_MS = 5_000;
const COMPILED_MS = 5_000;

/** Of the line with the least squares. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const top = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return top / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}
