import type { Event } from "@confed/wire";
import type { ConsoleState } from "./step.ts";

/** The event that tells viewers of a state. */
export function stateEvent(state: ConsoleState, wallTimeMs: number): Event {
  const base = { kind: "STATE", state: PHASE_ON_THE_WIRE[state.phase], wallTimeMs } as const;
  if (state.phase !== "waiting") return base;
  const { code, rawMessage, subject, where, hint } = state.cause;
  return {
    ...base,
    cause: { code, message: rawMessage, subject: subject ?? "", where: where ?? "", hint: hint ?? "" },
  };
}

/** Console states as the contract names them. */
export const PHASE_ON_THE_WIRE = {
  idle: "IDLE",
  connecting: "CONNECTING",
  connected: "CONNECTED",
  waiting: "WAITING",
  stopped: "STOPPED",
} as const satisfies Record<ConsoleState["phase"], string>;
