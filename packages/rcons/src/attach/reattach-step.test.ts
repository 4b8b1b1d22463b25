import { ConfedError } from "@confed/kernel";
import { expect, test } from "vitest";
import { INITIAL_STATE, type ReattachEvent, type ReattachState, stepReattach } from "./reattach-step.ts";

const gone = new ConfedError("agent_unreachable", "gone");
const unknown = new ConfedError("not_found", "no such console");
const denied = new ConfedError("permission_denied", "no");
const lost = (error = gone, final = false): ReattachEvent => ({ type: "lost", error, final, nowMs: 100 });
const opened: ReattachEvent = { type: "opened", nowMs: 400 };
const due: ReattachEvent = { type: "retry_due" };
const quit: ReattachEvent = { type: "quit" };

const attached: ReattachState = { phase: "attached" };
const over: ReattachState = { phase: "over" };
const redialing: ReattachState = { phase: "dialing", attempt: 3, lostAtMs: 100 };
const waiting: ReattachState = { phase: "waiting", attempt: 3, lostAtMs: 100 };

/** Attempt n waits n seconds and a half. */
const retryDelay = (attempt: number) => 500 + attempt * 1_000;

test.each<[string, ReattachState, ReattachEvent, ReattachState, readonly string[]]>([
  ["the first dial succeeds", INITIAL_STATE, opened, attached, ["say_attached"]],
  ["the first dial fails", INITIAL_STATE, lost(), over, ["finish"]],
  ["quit while dialling", INITIAL_STATE, quit, over, ["finish"]],
  ["a late timer while dialling", INITIAL_STATE, due, INITIAL_STATE, []],
  [
    "the stream dies",
    attached,
    lost(),
    { phase: "waiting", attempt: 1, lostAtMs: 100 },
    ["say_lost", "arm_retry"],
  ],
  ["the agent ends it for good", attached, lost(gone, true), over, ["finish"]],
  ["access is taken away", attached, lost(denied), over, ["finish"]],
  ["quit while attached", attached, quit, over, ["finish"]],
  ["opened twice", attached, opened, attached, []],
  ["a late timer while attached", attached, due, attached, []],
  ["the retry is due", waiting, due, redialing, ["dial"]],
  ["quit while waiting", waiting, quit, over, ["disarm_retry", "finish"]],
  ["lost twice", waiting, lost(), waiting, []],
  ["opened while waiting", waiting, opened, waiting, []],
  ["a retry succeeds", redialing, opened, attached, ["say_attached"]],
  [
    "a retry fails",
    redialing,
    lost(),
    { phase: "waiting", attempt: 4, lostAtMs: 100 },
    ["say_lost", "arm_retry"],
  ],
  [
    "a head that is new does not know the console yet",
    redialing,
    lost(unknown),
    { ...waiting, attempt: 4 },
    ["say_lost", "arm_retry"],
  ],
  ["a retry is refused", redialing, lost(denied), over, ["finish"]],
  ["anything after the end", over, opened, over, []],
  ["quit after the end", over, quit, over, []],
])("re-attach: %s", (_name, state, event, after, effects) => {
  const [next, did] = stepReattach(state, event, retryDelay);
  expect(next).toEqual(after);
  expect(did.map(({ type }) => type)).toEqual(effects);
});

test("re-attach waits longer each time and begins again after it was attached", () => {
  let state: ReattachState = attached;
  const delays: number[] = [];
  const feed = (event: ReattachEvent) => {
    const [next, effects] = stepReattach(state, event, retryDelay);
    state = next;
    for (const effect of effects) if (effect.type === "arm_retry") delays.push(effect.delayMs);
  };
  for (const event of [lost(), due, lost(), due, lost(), due, opened, lost()]) feed(event);
  expect(delays).toEqual([500, 1_500, 2_500, 500]);
});

test("re-attach says how long it was away, from the first loss", () => {
  expect(stepReattach(redialing, opened, retryDelay)[1]).toEqual([{ type: "say_attached", awayMs: 300 }]);
  expect(stepReattach(INITIAL_STATE, opened, retryDelay)[1]).toEqual([
    { type: "say_attached", awayMs: undefined },
  ]);
});
