import { type Fault, formatFault } from "@confed/config";
import { ConfedError } from "@confed/kernel";
import { type ControlResponse, type ErrorDetail, type ReloadList, toDetail } from "@confed/wire";
import type { NameList, ReloadReport } from "../reload/reload-report.ts";

/** What a reload did or would do, or the faults for which it did nothing, within a message's bound. */
export function reloadAnswer(report: ReloadReport): ControlResponse {
  if (report.faults !== undefined) {
    const details = report.faults.map((fault) => faultDetail(fault));
    const moreCount = report.faultCount - details.length;
    if (moreCount === 0) return { errors: details };
    const more = new ConfedError("invalid_argument", `${moreCount} faults more`);
    return { errors: [...details, toDetail(more)] };
  }
  const { plan, needsRestart, done } = report;
  const list = ({ count, names }: NameList): ReloadList => ({ count, names: [...names] });
  return {
    plan: {
      start: list(plan.start),
      stop: list(plan.stop),
      restart: list(plan.restart),
      demand: list(plan.demand),
      relabel: list(plan.relabel),
      move: list(plan.move),
      untouched: plan.untouchedCount,
      needsRestart: [...needsRestart],
      done,
    },
  };
}

// Whole lines, as `confed check` says them: whoever asked may not be where the files are.
function faultDetail(fault: Fault): ErrorDetail {
  return toDetail(new ConfedError("invalid_argument", formatFault(fault).slice(0, FAULT_TEXT_MAX)));
}

/** A hundred faults fit one message. */
const FAULT_TEXT_MAX = 1_000;
