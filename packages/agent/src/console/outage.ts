import { ConfedError, type ErrorCode } from "@confed/kernel";
import type { InheritedOutage } from "./inherited-console.ts";
import type { ConsoleEvent, ConsoleState } from "./step.ts";

/** What another process must know of an outage to go on trying where we are; undefined: there is none. */
export function outageOf(state: ConsoleState, sinceWallMs: number): InheritedOutage | undefined {
  if (state.phase === "connecting") return { sinceWallMs, attempt: state.attempt };
  if (state.phase !== "waiting") return undefined;
  const { code, rawMessage: message } = state.cause;
  return { sinceWallMs, attempt: state.attempt, cause: { code, message } };
}

/** The event by which a console goes on with an outage. */
export function resumed({ attempt, cause }: InheritedOutage): ConsoleEvent {
  if (cause === undefined) return { type: "resumed", attempt };
  return { type: "resumed", attempt, cause: new ConfedError(cause.code as ErrorCode, cause.message) };
}
