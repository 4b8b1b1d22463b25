import { type ConfedError, unreachable } from "@confed/kernel";

export type ConsoleState =
  /** Configured, and nobody needs it now: on demand, without a viewer, or taken down. No link is held open. */
  | { readonly phase: "idle" }
  | { readonly phase: "connecting"; readonly attempt: number }
  | { readonly phase: "connected"; readonly attempt: number; readonly sinceMs: number }
  /** The link failed. The next attempt is armed; `cause` is what operators see. */
  | { readonly phase: "waiting"; readonly attempt: number; readonly cause: ConfedError }
  /** Removed from configuration, or the agent stops. Final. */
  | { readonly phase: "stopped" };

export type ConsoleEvent =
  /** Somebody needs the link: configuration at the start, or a viewer that attached. */
  | { readonly type: "wanted" }
  /** The last viewer of an on-demand console left. */
  | { readonly type: "unwanted" }
  /** A person took it down. */
  | { readonly type: "taken_down" }
  /** A person asks for a new link. */
  | { readonly type: "reconnect"; readonly force: boolean }
  /** Configuration leads another way from now on. */
  | { readonly type: "rerouted" }
  | { readonly type: "opened"; readonly atMs: number }
  /** The link that the process before this one had. */
  | { readonly type: "adopted"; readonly atMs: number }
  /** An outage that the process before this one had; without a cause, it was dialing. */
  | { readonly type: "resumed"; readonly attempt: number; readonly cause?: ConfedError }
  | { readonly type: "lost"; readonly cause: ConfedError; readonly atMs: number }
  | { readonly type: "retry_due" }
  | { readonly type: "stop" };

export type ConsoleEffect =
  | { readonly type: "open_link" }
  /** After the back-off's delay for `attempt`; without it, after the time for which a console stays down, if it has one. */
  | { readonly type: "arm_retry"; readonly attempt?: number };

export interface Step {
  readonly state: ConsoleState;
  readonly effects: readonly ConsoleEffect[];
}

/** A link that stayed up this long proves the target healthy, so back-off starts over. */
export const HEALTHY_AFTER_MS = 60_000;

/** No link, though one is wanted: tried, or about to be tried again. */
export function isOutage({ phase }: ConsoleState): boolean {
  return phase === "connecting" || phase === "waiting";
}

/** What a transport is asked for beside a link, when this event opens one. */
export function wishOf(event: ConsoleEvent): { readonly asked?: boolean; readonly force?: boolean } {
  return event.type === "reconnect" ? { asked: true, force: event.force } : {};
}

/** What a change of state is in the log's index; undefined: no link came or went. */
export function upOrDown(
  before: ConsoleState,
  after: ConsoleState,
): { readonly what: "up" | "down"; readonly text?: string } | undefined {
  if (after.phase === "connected") return { what: "up" };
  if (before.phase !== "connected") return undefined;
  return after.phase === "waiting" ? { what: "down", text: after.cause.message } : { what: "down" };
}

/**
 * The whole life of a console. No clock, no I/O, no mutation; undefined means "not a transition".
 * Leaving a state releases what it owned: the dial under way, the link, the armed retry.
 */
export function step(state: ConsoleState, event: ConsoleEvent): Step | undefined {
  if (state.phase === "stopped") return undefined;
  if (event.type === "stop") return to({ phase: "stopped" });
  if (event.type === "unwanted") return state.phase === "idle" ? undefined : to({ phase: "idle" });
  if (event.type === "taken_down")
    return state.phase === "idle" ? undefined : to({ phase: "idle" }, { type: "arm_retry" });
  if (event.type === "rerouted") return state.phase === "idle" ? undefined : connect(1);

  switch (state.phase) {
    case "idle":
      if (event.type === "adopted") return to({ phase: "connected", attempt: 1, sinceMs: event.atMs });
      if (event.type === "resumed")
        return event.cause === undefined ? connect(event.attempt) : wait(event.attempt, event.cause);
      return event.type === "wanted" ? connect(1) : undefined;
    case "connecting":
      if (event.type === "opened") {
        return to({ phase: "connected", attempt: state.attempt, sinceMs: event.atMs });
      }
      // The dial under way would not take what another program holds.
      if (event.type === "reconnect" && event.force) return connect(1);
      return event.type === "lost" ? wait(state.attempt, event.cause) : undefined;
    case "connected": {
      if (event.type === "reconnect") return connect(1);
      if (event.type !== "lost") return undefined;
      // Never straight back to connecting: one rebooted switch would get every console at once.
      const healthy = event.atMs - state.sinceMs >= HEALTHY_AFTER_MS;
      return wait(healthy ? 1 : state.attempt, event.cause);
    }
    case "waiting":
      // A person who attaches or asks does not wait for our back-off.
      if (event.type === "retry_due" || event.type === "wanted") return connect(state.attempt + 1);
      return event.type === "reconnect" ? connect(1) : undefined;
    default:
      return unreachable(state);
  }
}

function to(state: ConsoleState, ...effects: ConsoleEffect[]): Step {
  return { state, effects };
}

function connect(attempt: number): Step {
  return to({ phase: "connecting", attempt }, { type: "open_link" });
}

function wait(attempt: number, cause: ConfedError): Step {
  return to({ phase: "waiting", attempt, cause }, { type: "arm_retry", attempt });
}
