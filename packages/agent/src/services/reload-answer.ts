import { type Fault, formatFault } from "@confed/config";
import { ConfedError } from "@confed/kernel";
import { type ControlResponse, type ErrorDetail, type ReloadList, toDetail } from "@confed/wire";
import type { ReloadOutcome } from "../reload/reloader.ts";

/** What a reload did or would do, or the faults for which it did nothing, within a message's bound. */
export function reloadAnswer(outcome: ReloadOutcome): ControlResponse {
  if (outcome.faults !== undefined) return { errors: faultDetails(outcome.faults) };
  const { plan, needsRestart, done } = outcome;
  const named = (specs: readonly { readonly name: string }[]) => listOf(specs.map(({ name }) => name));
  return {
    plan: {
      start: named(plan.start),
      stop: listOf(plan.stop),
      restart: named(plan.restart),
      demand: named(plan.demand),
      relabel: named(plan.relabel),
      untouched: plan.untouchedCount,
      needsRestart: [...needsRestart],
      done,
    },
  };
}

/** Five lists of names of at most 130 bytes: within 256 KiB, whatever they are. */
const NAMES_MAX = 300;

/** Nobody repairs more from one answer; `confed check` shows all. */
const FAULTS_MAX = 100;

function listOf(names: readonly string[]): ReloadList {
  return { count: names.length, names: names.slice(0, NAMES_MAX) };
}

function faultDetails(faults: readonly Fault[]): ErrorDetail[] {
  const details = faults.slice(0, FAULTS_MAX).map((fault) => faultDetail(fault));
  const moreCount = faults.length - details.length;
  if (moreCount === 0) return details;
  return [...details, toDetail(new ConfedError("invalid_argument", `${moreCount} faults more`))];
}

// Whole lines, as `confed check` says them: whoever asked may not be where the files are.
function faultDetail(fault: Fault): ErrorDetail {
  return toDetail(new ConfedError("invalid_argument", formatFault(fault).slice(0, FAULT_TEXT_MAX)));
}

const FAULT_TEXT_MAX = 1_000;
