import type { ConfedError, ErrorCode } from "@confed/kernel";

/** The life of one attach, from the first dial to the end. Only {@link stepReattach} makes new ones. */
export type ReattachState =
  | { readonly phase: "dialing"; readonly attempt: number; readonly lostAtMs: number | undefined }
  | { readonly phase: "attached" }
  | { readonly phase: "waiting"; readonly attempt: number; readonly lostAtMs: number }
  | { readonly phase: "over" };

export type ReattachEvent =
  | { readonly type: "opened"; readonly nowMs: number }
  /** Dialling failed, the stream died, or the agent ended it; `final` is the agent's word that nothing will mend it. */
  | { readonly type: "lost"; readonly error: ConfedError; readonly final: boolean; readonly nowMs: number }
  | { readonly type: "retry_due" }
  | { readonly type: "quit" };

export type ReattachEffect =
  | { readonly type: "dial" }
  | { readonly type: "arm_retry"; readonly delayMs: number }
  | { readonly type: "disarm_retry" }
  /** Attached for the first time (`awayMs` undefined), or again. */
  | { readonly type: "say_attached"; readonly awayMs: number | undefined }
  | {
      readonly type: "say_lost";
      readonly error: ConfedError;
      readonly delayMs: number;
      readonly first: boolean;
    }
  | { readonly type: "finish"; readonly error: ConfedError | undefined };

/** How long to wait before try number `attempt`; 0 is the first. */
export type RetryDelay = (attempt: number) => number;

export const INITIAL_STATE: ReattachState = { phase: "dialing", attempt: 0, lostAtMs: undefined };

// What another try cannot mend. "not_found" is not here: a head that has just started does not
// know yet what its agents have.
const HOPELESS: ReadonlySet<ErrorCode> = new Set([
  "permission_denied",
  "unauthenticated",
  "invalid_argument",
]);

/**
 * What happens to an attach. Pure. The first dial fails at once with its reason, for scripts wait
 * for it; what was once attached is attached again until somebody quits.
 */
export function stepReattach(
  state: ReattachState,
  event: ReattachEvent,
  retryDelay: RetryDelay,
): readonly [ReattachState, readonly ReattachEffect[]] {
  if (state.phase === "over") return [state, []];
  switch (event.type) {
    case "quit": {
      const disarm: ReattachEffect[] = state.phase === "waiting" ? [{ type: "disarm_retry" }] : [];
      return [{ phase: "over" }, [...disarm, { type: "finish", error: undefined }]];
    }
    case "opened": {
      if (state.phase !== "dialing") return [state, []];
      const awayMs = state.lostAtMs === undefined ? undefined : event.nowMs - state.lostAtMs;
      return [{ phase: "attached" }, [{ type: "say_attached", awayMs }]];
    }
    case "retry_due":
      if (state.phase !== "waiting") return [state, []];
      return [{ ...state, phase: "dialing" }, [{ type: "dial" }]];
    case "lost":
      return lost(state, event, retryDelay);
  }
}

function lost(
  state: ReattachState,
  { error, final, nowMs }: ReattachEvent & { type: "lost" },
  retryDelay: RetryDelay,
): readonly [ReattachState, readonly ReattachEffect[]] {
  if (state.phase === "waiting" || state.phase === "over") return [state, []];
  const first = state.phase === "attached";
  const lostAtMs = first ? nowMs : state.lostAtMs;
  if (lostAtMs === undefined || final || HOPELESS.has(error.code)) {
    return [{ phase: "over" }, [{ type: "finish", error }]];
  }
  const attempt = first ? 0 : state.attempt;
  const delayMs = retryDelay(attempt);
  return [
    { phase: "waiting", attempt: attempt + 1, lostAtMs },
    [
      { type: "say_lost", error, delayMs, first },
      { type: "arm_retry", delayMs },
    ],
  ];
}
