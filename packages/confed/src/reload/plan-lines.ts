import { ConfedError, neutralise } from "@confed/kernel";
import type { ControlResponseReceived, ReloadListReceived, ReloadPlanReceived } from "@confed/wire";

const KINDS = ["start", "stop", "restart", "demand", "relabel", "move"] as const;

/** What an agent did or would do, for people. */
export function planLines(plan: ReloadPlanReceived): readonly string[] {
  const touched = KINDS.flatMap((kind) => {
    const list = plan[kind];
    return list === null || list.count === 0 ? [] : [`${kind.padEnd(10)}${listText(list)}`];
  });
  const settings = plan.needsRestart.map((name) => neutralise(name, 64)).join(" ");
  return [
    ...touched,
    `untouched ${plan.untouched}`,
    ...(settings === "" ? [] : [`settings that hold from the agent's next start on: ${settings}`]),
  ];
}

/** The faults for which an agent changed nothing, one a line; empty if it did what was asked. */
export function faultLinesOf({ errors }: ControlResponseReceived): readonly string[] {
  return errors.map(({ message }) => neutralise(message, FAULT_TEXT_MAX));
}

/** The plan, or an error where an agent gives none: one of a version that cannot. */
export function planIn({ plan }: ControlResponseReceived): ReloadPlanReceived {
  if (plan !== null) return plan;
  throw new ConfedError("protocol_error", "the agent said nothing of what it did", {
    hint: "is it of an older version? `confed status --agent` shows it",
  });
}

/** As much as an agent sends of one; a hostile one may send more. */
const FAULT_TEXT_MAX = 1_000;

function listText({ count, names }: ReloadListReceived): string {
  const more = count > names.length ? ` and ${count - names.length} more` : "";
  return `${count}: ${names.map((name) => neutralise(name, 128)).join(" ")}${more}`;
}
