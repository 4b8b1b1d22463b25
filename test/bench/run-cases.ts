import type { Case, FleetOptions } from "./case.ts";
import { type Figures, VoidRun } from "./figures.ts";
import { type BenchSettings, Fleet } from "./fleet.ts";
import type { LogVerdict } from "./log-check.ts";
import { type CaseResult, judge, type RunResult } from "./results.ts";
import type { SystemName } from "./systems/system.ts";

export interface RunOptions extends BenchSettings {
  readonly cases: readonly Case[];
  readonly runs: number;
  /** False for what is not installed. */
  readonly has: (system: SystemName) => boolean;
  readonly say: (text: string) => void;
  /** After every fleet, with what is known so far. */
  readonly onProgress: (cases: readonly CaseResult[]) => void;
}

/** Cases on one fleet. */
interface Group {
  readonly fleet: FleetOptions;
  readonly cases: readonly Case[];
}

/** A run is repeated that often when the machine was too busy for it. */
const VOIDS_MAX = 3;

/** A peer says much when it fails. */
const WHY_CHARACTERS_MAX = 300;

/**
 * Runs everything, systems interleaved. What a system or a case throws is noted, and the next one begins: a
 * benchmark of hours is not lost to a peer that gives up.
 */
export async function runCases(options: RunOptions): Promise<CaseResult[]> {
  const { cases, runs, quick, has, onProgress } = options;
  const results = new Map<Case, RunResult[]>(cases.map((each) => [each, []]));
  const voids = new Map<Case, string[]>(cases.map((each) => [each, []]));
  const failures = new Map<Case, CaseResult["failures"][number][]>(cases.map((each) => [each, []]));
  const soFar = () =>
    cases
      .filter((each) => [results, voids, failures].some((found) => found.get(each)!.length > 0))
      .map((each): CaseResult => {
        const { name, about } = each;
        const found = results.get(each)!;
        return {
          name,
          about,
          runs: found,
          voids: voids.get(each)!,
          failures: failures.get(each)!,
          targets: judge(each, found, quick),
        };
      });
  for (const group of groupsOf(cases, quick)) {
    const systems = [...new Set(group.cases.flatMap((each) => each.systems))].filter(has);
    for (let run = 1; run <= runs; run += 1) {
      for (const system of systems) {
        const concerned = group.cases.filter((each) => each.systems.includes(system));
        const fail = (each: Case, reason: unknown) => {
          const why = reason instanceof Error ? reason.message.slice(0, WHY_CHARACTERS_MAX) : String(reason);
          failures.get(each)!.push({ system, run, why });
          options.say(`${each.name}, run ${run}, ${system}: FAILED: ${why}`);
        };
        try {
          const found = await runFleet({ system, run, group, concerned, voids, fail }, options);
          for (const [each, result] of found) results.get(each)!.push(result);
        } catch (reason) {
          for (const each of concerned) fail(each, reason);
        }
        onProgress(soFar());
      }
    }
  }
  return soFar();
}

interface FleetRun {
  readonly system: SystemName;
  readonly run: number;
  readonly group: Group;
  readonly concerned: readonly Case[];
  readonly voids: ReadonlyMap<Case, string[]>;
  readonly fail: (each: Case, reason: unknown) => void;
}

async function runFleet(
  { system, run, group, concerned, voids, fail }: FleetRun,
  options: RunOptions,
): Promise<Map<Case, RunResult>> {
  const { quick, say } = options;
  const figures = new Map<Case, Figures>();
  const fleet = await Fleet.start(system, group.fleet.consoles, options);
  let lost = "";
  try {
    const early = group.fleet.whileStarting?.(fleet);
    await Promise.all([fleet.connect(), early]);
    const start = { connectedMs: fleet.connectedMs, ...(await early) };
    say(
      `run ${run}, ${system}: ${group.fleet.consoles} consoles connected in ${fleet.connectedMs.toFixed(0)} ms`,
    );
    for (const each of concerned) {
      for (let turn = 1; turn <= VOIDS_MAX && !figures.has(each); turn += 1) {
        try {
          figures.set(each, { ...start, ...(await each.run(fleet, quick)) });
        } catch (reason) {
          if (!(reason instanceof VoidRun)) {
            fail(each, reason);
            // As it should have left it.
            await fleet.rack.quiet();
            break;
          }
          voids.get(each)!.push(`run ${run} of ${system}, attempt ${turn}: ${reason.message}`);
          say(`${each.name}, run ${run}, ${system}: void: ${reason.message}`);
        }
      }
      const found = figures.get(each);
      if (found !== undefined) say(`${each.name}, run ${run}, ${system}: ${inShort(found)}`);
    }
    if (group.fleet.unverified !== true) lost = complaint(await fleet.verify(), system);
  } finally {
    await fleet.stop();
  }
  if (lost !== "") say(`run ${run}, ${system}: LOST: ${lost}`);
  return new Map([...figures].map(([each, found]) => [each, { run, system, figures: found, lost }]));
}

/** What is wrong with the logs; empty if nothing is. Of Confed, every byte must be as it was sent. */
function complaint(verdict: LogVerdict, system: SystemName): string {
  const { missing, doubled, damaged, badFiles, bad, foreignBytes } = verdict;
  if (badFiles > 0) {
    return `${missing} lines missing, ${doubled} doubled, ${damaged} damaged in ${badFiles} logs (${bad})`;
  }
  return system.startsWith("confed") && foreignBytes > 0 ? `${foreignBytes} bytes that nobody sent` : "";
}

function groupsOf(cases: readonly Case[], quick: boolean): Group[] {
  const groups = new Map<string, { fleet: FleetOptions; cases: Case[] }>();
  for (const each of cases) {
    const fleet = each.fleet(quick);
    // A case that does something at the start has it for itself.
    const alone = fleet.whileStarting !== undefined || fleet.unverified === true ? each.name : "";
    const key = [fleet.consoles, fleet.own ?? "", alone].join();
    const group = groups.get(key) ?? { fleet, cases: [] };
    groups.set(key, group);
    group.cases.push(each);
  }
  return [...groups.values()];
}

function inShort(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
    .join(", ");
}
