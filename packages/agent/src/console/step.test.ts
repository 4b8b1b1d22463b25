import { ConfedError } from "@confed/kernel";
import { expect, test } from "vitest";
import { type ConsoleEvent, type ConsoleState, HEALTHY_AFTER_MS, step } from "./step.ts";

const cause = new ConfedError("hung_up", "the console hung up");
const states: ConsoleState[] = [
  { phase: "idle" },
  { phase: "connecting", attempt: 3 },
  { phase: "connected", attempt: 3, sinceMs: 0 },
  { phase: "waiting", attempt: 3, cause },
  { phase: "stopped" },
];
const events: ConsoleEvent[] = [
  { type: "wanted" },
  { type: "unwanted" },
  { type: "taken_down" },
  { type: "reconnect", force: false },
  { type: "rerouted" },
  { type: "opened", atMs: 1 },
  { type: "adopted", atMs: 1 },
  { type: "resumed", attempt: 7 },
  { type: "resumed", attempt: 7, cause },
  { type: "lost", cause, atMs: 1 },
  { type: "retry_due" },
  { type: "stop" },
];

test("the table of all transitions", () => {
  const cell = (state: ConsoleState, event: ConsoleEvent) => {
    const next = step(state, event)?.state;
    if (next === undefined) return "-";
    return "attempt" in next ? `${next.phase} ${next.attempt}` : next.phase;
  };
  const table = states.map((state) => [state.phase, ...events.map((event) => cell(state, event))]);
  // biome-ignore format: a table
  expect(table).toEqual([
    // state        wanted          unwanted  taken_down  reconnect       rerouted        opened         adopted        resumed         with cause   lost         retry_due       stop
    ["idle",        "connecting 1", "-",      "-",        "-",            "-",            "-",           "connected 1", "connecting 7", "waiting 7", "-",         "-",            "stopped"],
    ["connecting",  "-",            "idle",   "idle",     "-",            "connecting 1", "connected 3", "-",           "-",            "-",         "waiting 3", "-",            "stopped"],
    ["connected",   "-",            "idle",   "idle",     "connecting 1", "connecting 1", "-",           "-",           "-",            "-",         "waiting 3", "-",            "stopped"],
    ["waiting",     "connecting 4", "idle",   "idle",     "connecting 1", "connecting 1", "-",           "-",           "-",            "-",         "-",         "connecting 4", "stopped"],
    ["stopped",     "-",            "-",      "-",        "-",            "-",            "-",           "-",           "-",            "-",         "-",         "-",            "-"],
  ]);
});

test("a person who forces it does not wait for the dial under way, which would take nothing", () => {
  const forced = step({ phase: "connecting", attempt: 3 }, { type: "reconnect", force: true });
  expect(forced).toEqual({ state: { phase: "connecting", attempt: 1 }, effects: [{ type: "open_link" }] });
});

test("a link is opened on entering connecting and a retry armed on entering waiting or being taken down, nothing else", () => {
  for (const state of states) {
    for (const event of events) {
      const next = step(state, event);
      if (next === undefined) continue;
      const { phase } = next.state;
      const isTried = phase === "waiting" || event.type === "taken_down";
      const expected = phase === "connecting" ? ["open_link"] : isTried ? ["arm_retry"] : [];
      expect(next.effects.map(({ type }) => type)).toEqual(expected);
    }
  }
});

test("back-off starts over when the link was healthy before it was lost", () => {
  const connected: ConsoleState = { phase: "connected", attempt: 7, sinceMs: 1_000 };
  const lostAt = (atMs: number) => step(connected, { type: "lost", cause, atMs })?.state;
  expect(lostAt(1_000 + HEALTHY_AFTER_MS - 1)).toMatchObject({ attempt: 7 });
  expect(lostAt(1_000 + HEALTHY_AFTER_MS)).toMatchObject({ attempt: 1 });
});
