/** One shard's process as its supervisor sees it. */
export type ShardState =
  /** Told to begin; not serving yet. */
  | { readonly phase: "starting"; readonly deaths: Deaths }
  | { readonly phase: "up"; readonly sinceMs: number; readonly deaths: Deaths }
  /** Dead; the next start is armed for `dueMs`. */
  | { readonly phase: "waiting"; readonly dueMs: number; readonly deaths: Deaths; readonly how: string }
  /** Asked to end. */
  | { readonly phase: "ending" }
  /** Final. */
  | { readonly phase: "ended" };

/** When it died lately, oldest first: what the restart budget counts. */
export type Deaths = readonly number[];

export type ShardEvent =
  | { readonly type: "ready"; readonly nowMs: number }
  /** The control channel ended: the process, or whoever took over from it, is gone. */
  | { readonly type: "died"; readonly nowMs: number; readonly how: string }
  | { readonly type: "start_due" }
  | { readonly type: "stop" };

export type ShardEffect =
  | { readonly type: "spawn" }
  | { readonly type: "arm_start"; readonly delayMs: number }
  | { readonly type: "disarm_start" }
  | { readonly type: "ask_to_end" }
  /** Say that it dies too often. */
  | { readonly type: "say_slow"; readonly delayMs: number };

export interface ShardStep {
  readonly state: ShardState;
  readonly effects: readonly ShardEffect[];
}

/** The restart budget. A shard is never given up: what is wrong may be mended without us. */
export const RESTART_BUDGET = {
  /** A death that nothing preceded: long enough for a port to be free again. */
  firstDelayMs: 200,
  /** Twice as long after each death within the window. */
  delayMsMax: 5_000,
  /** This many deaths within the window are too many: from then on it is tried slowly. */
  deathsMax: 5,
  windowMs: 60_000,
  slowDelayMs: 30_000,
} as const;

export const FIRST_STATE: ShardStep = {
  state: { phase: "starting", deaths: [] },
  effects: [{ type: "spawn" }],
};

/** The whole life of a shard's process. No clock, no I/O; undefined means "not a transition". */
export function stepShard(state: ShardState, event: ShardEvent): ShardStep | undefined {
  switch (event.type) {
    case "ready":
      if (state.phase !== "starting") return undefined;
      return to({ phase: "up", sinceMs: event.nowMs, deaths: state.deaths });
    case "died":
      if (state.phase === "ending") return to({ phase: "ended" });
      return state.phase === "starting" || state.phase === "up" ? died(state.deaths, event) : undefined;
    case "start_due":
      if (state.phase !== "waiting") return undefined;
      return to({ phase: "starting", deaths: state.deaths }, { type: "spawn" });
    case "stop":
      if (state.phase === "ending" || state.phase === "ended") return undefined;
      if (state.phase === "waiting") return to({ phase: "ended" }, { type: "disarm_start" });
      return to({ phase: "ending" }, { type: "ask_to_end" });
  }
}

function died(before: Deaths, { nowMs, how }: ShardEvent & { type: "died" }): ShardStep {
  const { firstDelayMs, delayMsMax, deathsMax, windowMs, slowDelayMs } = RESTART_BUDGET;
  // Bounded: once it is slow, no more than the budget's deaths are remembered.
  const deaths = [...before.filter((atMs) => nowMs - atMs < windowMs), nowMs].slice(-deathsMax);
  const slow = deaths.length >= deathsMax;
  const delayMs = slow ? slowDelayMs : Math.min(delayMsMax, firstDelayMs * 2 ** (deaths.length - 1));
  const waiting = { phase: "waiting", dueMs: nowMs + delayMs, deaths, how } as const;
  const arm = { type: "arm_start", delayMs } as const;
  return slow ? to(waiting, arm, { type: "say_slow", delayMs }) : to(waiting, arm);
}

function to(state: ShardState, ...effects: ShardEffect[]): ShardStep {
  return { state, effects };
}
