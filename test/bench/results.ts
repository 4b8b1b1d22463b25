import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import type { Case, Target } from "./case.ts";
import type { Figures } from "./figures.ts";
import type { SystemName } from "./systems/system.ts";

/** One run of one system in one case. */
export interface RunResult {
  readonly run: number;
  readonly system: SystemName;
  readonly figures: Figures;
  /** Of the fleet that it ran on; empty if nothing is wrong. */
  readonly lost: string;
}

export interface TargetResult extends Target {
  /** The bound that held: `quickAtMost` or `atMost`. */
  readonly bound: number;
  /** Of the runs; a ratio where `against` is given. Undefined: never measured. */
  readonly value: number | undefined;
  readonly met: boolean;
}

export interface CaseResult {
  readonly name: string;
  readonly about: string;
  readonly runs: readonly RunResult[];
  /** Why runs were repeated or given up. */
  readonly voids: readonly string[];
  /** Runs in which a system or the case itself broke. */
  readonly failures: readonly { readonly system: SystemName; readonly run: number; readonly why: string }[];
  readonly targets: readonly TargetResult[];
}

export interface BenchResult {
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly quick: boolean;
  readonly date: string;
  readonly commands: readonly string[];
  readonly leftOut: readonly string[];
  readonly cases: readonly CaseResult[];
}

export function describeMachine(): string {
  const [first] = cpus();
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpus().length} x ${first?.model.trim() ?? "unknown"}, ${gib} GiB, Linux ${release()}`;
}

/** Targets of a case whose systems were run, each with the median over the runs. */
export function judge(of: Case, runs: readonly RunResult[], quick: boolean): TargetResult[] {
  const present = new Set(runs.map(({ system }) => system));
  return of.targets
    .filter((target) => present.has(target.of) && (target.against?.some((name) => present.has(name)) ?? true))
    .map((target) => {
      const values = runs
        .filter(({ system }) => system === target.of)
        .map((result) => valueOf(target, result, runs));
      const known = values.filter((value): value is number => value !== undefined && Number.isFinite(value));
      const bound = quick ? target.quickAtMost : target.atMost;
      const value = known.length === 0 ? undefined : median(known);
      return { ...target, bound, value, met: value !== undefined && value <= bound };
    });
}

function valueOf(
  { figure, against }: Target,
  result: RunResult,
  runs: readonly RunResult[],
): number | undefined {
  const own = result.figures[figure];
  if (own === undefined || against === undefined) return own;
  const others = runs
    .filter(({ run, system }) => run === result.run && against.includes(system))
    .map(({ figures }) => figures[figure])
    .filter((value): value is number => value !== undefined);
  return others.length === 0 ? undefined : own / Math.min(...others);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Writes the file; with results of other cases that the same commit had on the same machine in it, these stay. */
export function writeResult(path: string, result: BenchResult): BenchResult {
  const merged = mergeWith(readIfAny(path), result);
  writeFileSync(path, `${JSON.stringify(merged, undefined, 2)}\n`);
  return merged;
}

/** Results of the same commit on the same machine are one table. */
export function mergeWith(before: BenchResult | undefined, now: BenchResult): BenchResult {
  const same =
    before?.machine === now.machine &&
    before.quick === now.quick &&
    before.versions.confed === now.versions.confed;
  if (!same) return now;
  const fresh = new Set(now.cases.map(({ name }) => name));
  return {
    ...now,
    commands: [...new Set([...before.commands, ...now.commands])],
    leftOut: [...new Set([...before.leftOut, ...now.leftOut])],
    cases: [...before.cases.filter(({ name }) => !fresh.has(name)), ...now.cases],
  };
}

function readIfAny(path: string): BenchResult | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as BenchResult;
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw reason;
  }
}
