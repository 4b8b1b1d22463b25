import type { Fault } from "@confed/config";
import type { ReloadPlan } from "../console/plan-reload.ts";
import type { ReloadOutcome } from "./reloader.ts";

/** What came of a reload, small enough to tell. */
export type ReloadReport =
  | {
      /** The first of them. */
      readonly faults: readonly Fault[];
      readonly faultCount: number;
    }
  | {
      readonly faults?: undefined;
      readonly plan: PlanSummary;
      readonly needsRestart: readonly string[];
      readonly done: boolean;
    };

/** A plan: counts, and as many names as an answer can carry. */
export interface PlanSummary {
  readonly start: NameList;
  readonly stop: NameList;
  readonly restart: NameList;
  readonly demand: NameList;
  readonly relabel: NameList;
  /** To another shard of the host. */
  readonly move: NameList;
  readonly untouchedCount: number;
}

export interface NameList {
  readonly count: number;
  readonly names: readonly string[];
}

/** Six lists of names of at most 130 bytes: within 256 KiB, whatever they are. */
const NAMES_MAX = 300;

/** Nobody repairs more from one answer; `confed check` shows all. */
const FAULTS_MAX = 100;

/** Bounded, whatever the reload was. */
export function reportOf(outcome: ReloadOutcome, move: readonly string[] = []): ReloadReport {
  if (outcome.faults !== undefined) {
    return { faults: outcome.faults.slice(0, FAULTS_MAX), faultCount: outcome.faults.length };
  }
  const { plan, needsRestart, done } = outcome;
  return { plan: summaryOf(plan, move), needsRestart, done };
}

function summaryOf(plan: ReloadPlan, move: readonly string[]): PlanSummary {
  const named = (specs: readonly { readonly name: string }[]) => listOf(specs.map(({ name }) => name));
  return {
    start: named(plan.start),
    stop: listOf(plan.stop),
    restart: named(plan.restart),
    demand: named(plan.demand),
    relabel: named(plan.relabel),
    move: listOf(move),
    untouchedCount: plan.untouchedCount,
  };
}

function listOf(names: readonly string[]): NameList {
  return { count: names.length, names: names.slice(0, NAMES_MAX) };
}
