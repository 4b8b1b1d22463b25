import { describe, expect, test } from "vitest";
import { FIRST_STATE, RESTART_BUDGET, type ShardEvent, type ShardState, stepShard } from "./shard-life.ts";

const STATES: Readonly<Record<ShardState["phase"], ShardState>> = {
  starting: { phase: "starting", deaths: [] },
  up: { phase: "up", sinceMs: 5, deaths: [] },
  waiting: { phase: "waiting", dueMs: 300, deaths: [100], how: "SIGKILL" },
  ending: { phase: "ending" },
  ended: { phase: "ended" },
};
const EVENTS: Readonly<Record<ShardEvent["type"], ShardEvent>> = {
  ready: { type: "ready", nowMs: 100 },
  died: { type: "died", nowMs: 100, how: "SIGKILL" },
  start_due: { type: "start_due" },
  stop: { type: "stop" },
};

describe("the life of a shard", () => {
  test.each([
    ["starting", "ready", "up", []],
    ["starting", "died", "waiting", ["arm_start"]],
    ["starting", "start_due", undefined, []],
    ["starting", "stop", "ending", ["ask_to_end"]],
    ["up", "ready", undefined, []],
    ["up", "died", "waiting", ["arm_start"]],
    ["up", "start_due", undefined, []],
    ["up", "stop", "ending", ["ask_to_end"]],
    ["waiting", "ready", undefined, []],
    ["waiting", "died", undefined, []],
    ["waiting", "start_due", "starting", ["spawn"]],
    ["waiting", "stop", "ended", ["disarm_start"]],
    ["ending", "ready", undefined, []],
    ["ending", "died", "ended", []],
    ["ending", "start_due", undefined, []],
    ["ending", "stop", undefined, []],
    ["ended", "ready", undefined, []],
    ["ended", "died", undefined, []],
    ["ended", "start_due", undefined, []],
    ["ended", "stop", undefined, []],
  ] as const)("leads from %s by %s to %s", (from, event, to, effects) => {
    const step = stepShard(STATES[from], EVENTS[event]);
    expect(step?.state.phase).toBe(to);
    expect(step?.effects.map(({ type }) => type) ?? []).toEqual(effects);
  });
});

/** The delays after deaths at these times. */
function delaysAfter(deathsAtMs: readonly number[]): { readonly delaysMs: number[]; readonly slow: number } {
  let { state } = FIRST_STATE;
  const delaysMs: number[] = [];
  let slow = 0;
  for (const nowMs of deathsAtMs) {
    const step = stepShard(state, { type: "died", nowMs, how: "exit status 70" })!;
    for (const effect of step.effects) {
      if (effect.type === "arm_start") delaysMs.push(effect.delayMs);
      if (effect.type === "say_slow") slow += 1;
    }
    state = stepShard(step.state, { type: "start_due" })!.state;
  }
  return { delaysMs, slow };
}

describe("the restart budget", () => {
  test("doubles the delay from death to death, and is slow when it is used up", () => {
    expect(delaysAfter([0, 1_000, 2_000, 4_000, 8_000, 38_000])).toEqual({
      delaysMs: [200, 400, 800, 1_600, 30_000, 30_000],
      slow: 2,
    });
  });

  test("begins again after a quiet minute, each of two times", () => {
    const { windowMs } = RESTART_BUDGET;
    const burst = [0, 1, 2, 3, 4];
    const once = delaysAfter(burst).delaysMs;
    const twice = delaysAfter([...burst, ...burst.map((ms) => ms + 2 * windowMs)]);
    expect(twice).toEqual({ delaysMs: [...once, ...once], slow: 2 });
  });
});
