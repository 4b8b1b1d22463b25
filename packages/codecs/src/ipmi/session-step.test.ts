import { expect, test } from "vitest";
import { newSession, SESSION_TIMES, type SessionEvent, type SessionState } from "./session-state.ts";
import { stepSession } from "./session-step.ts";

const fresh = newSession({ suites: [17, 3], privileges: [4, 3, 2], mayTakeOver: true });
const only = { suites: [17] as const, privileges: [4], logins: 4, rounds: 3, tries: 99, mayTakeOver: false };

const states: readonly (readonly [string, SessionState])[] = [
  ["new", fresh],
  ["capabilities", { ...fresh, phase: "authenticating", awaiting: "capabilities", tries: 1 }],
  ["  no more tries", { ...fresh, ...only, phase: "authenticating", awaiting: "capabilities", plain: true }],
  ["open_session", { ...fresh, phase: "authenticating", awaiting: "open_session", tries: 1 }],
  ["  no more suites", { ...fresh, ...only, phase: "authenticating", awaiting: "open_session" }],
  ["rakp1", { ...fresh, phase: "authenticating", awaiting: "rakp1", tries: 1 }],
  ["rakp3", { ...fresh, phase: "authenticating", awaiting: "rakp3", tries: 1 }],
  ["privilege", { ...fresh, phase: "authenticated", awaiting: "privilege", tries: 1 }],
  ["activate", { ...fresh, phase: "authenticated", awaiting: "activate", tries: 1 }],
  ["  no more tries", { ...fresh, ...only, phase: "authenticated", awaiting: "activate" }],
  ["owner", { ...fresh, phase: "authenticated", awaiting: "owner", tries: 1 }],
  [
    "  may not take it",
    { ...fresh, phase: "authenticated", awaiting: "owner", tries: 1, mayTakeOver: false },
  ],
  ["deactivate", { ...fresh, phase: "authenticated", awaiting: "deactivate", tries: 1 }],
  ["active", { ...fresh, phase: "active" }],
  ["  life sign", { ...fresh, phase: "active", awaiting: "owner", tries: 1 }],
  ["  no more tries", { ...fresh, phase: "active", awaiting: "owner", tries: 99 }],
  ["leaving", { ...fresh, phase: "leaving", awaiting: "deactivate", tries: 1, ending: { why: "closed" } }],
  ["  deposed", { ...fresh, phase: "leaving", awaiting: "owner", tries: 1, ending: { why: "deactivated" } }],
  ["  last word", { ...fresh, phase: "leaving", awaiting: "close", tries: 99, ending: { why: "lost" } }],
  ["ended", { ...fresh, phase: "ended", ending: { why: "closed" } }],
];

const events: readonly SessionEvent[] = [
  { type: "begin" },
  { type: "capabilities", code: 0, v20: true },
  { type: "capabilities", code: 0xcc, v20: false },
  { type: "open_session", status: 0 },
  { type: "open_session", status: 0x11 },
  { type: "rakp2", status: 0, proved: true },
  { type: "rakp2", status: 0, proved: false },
  { type: "rakp2", status: 0x0d, proved: false },
  { type: "rakp4", status: 0, proved: true },
  { type: "rakp4", status: 0, proved: false },
  { type: "completed", code: 0 },
  { type: "completed", code: 0x80 },
  { type: "completed", code: 0, owner: "ours" },
  { type: "completed", code: 0, owner: "other" },
  { type: "completed", code: 0, owner: "nobody" },
  { type: "retry_due" },
  { type: "keepalive_due" },
  { type: "sol_deactivated" },
  { type: "sol_silent" },
  { type: "close" },
];

/** What is asked next; for an end, why; "rest" for a session that is active with nothing to ask. */
function cell(state: SessionState, event: SessionEvent): string {
  const step = stepSession(state, event);
  if (step === undefined) return "-";
  const { phase, awaiting, ending } = step.state;
  if (phase === "ended") return `!${ending?.why}`;
  return awaiting ?? "rest";
}

test("the table of all transitions", () => {
  const table = states.map(([name, state]) => [name, ...events.map((event) => cell(state, event))]);
  // biome-ignore format: a table
  expect(table).toEqual([
    // asked              begin           caps            caps cc         open     open st         rakp2    bad code           status          rakp4        bad code          done          cc 80         ours          other         nobody        retry           keepalive sol over sol silent close
    ["new",               "capabilities", "-",            "-",            "-",     "-",            "-",     "-",               "-",            "-",         "-",              "-",          "-",          "-",          "-",          "-",          "-",            "-",      "-",     "-",       "!closed"],
    ["capabilities",      "-",            "open_session", "capabilities", "-",     "-",            "-",     "-",               "-",            "-",         "-",              "-",          "-",          "-",          "-",          "-",          "capabilities", "-",      "-",     "-",       "!closed"],
    ["  no more tries",   "-",            "open_session", "!rejected",    "-",     "-",            "-",     "-",               "-",            "-",         "-",              "-",          "-",          "-",          "-",          "-",          "!no_answer",   "-",      "-",     "-",       "!closed"],
    ["open_session",      "-",            "-",            "-",            "rakp1", "capabilities", "-",     "-",               "-",            "-",         "-",              "-",          "-",          "-",          "-",          "-",          "capabilities", "-",      "-",     "-",       "!closed"],
    ["  no more suites",  "-",            "-",            "-",            "rakp1", "!refused",     "-",     "-",               "-",            "-",         "-",              "-",          "-",          "-",          "-",          "-",          "!no_answer",   "-",      "-",     "-",       "!closed"],
    ["rakp1",             "-",            "-",            "-",            "-",     "-",            "rakp3", "!wrong_password", "capabilities", "-",         "-",              "-",          "-",          "-",          "-",          "-",          "capabilities", "-",      "-",     "-",       "!closed"],
    ["rakp3",             "-",            "-",            "-",            "-",     "-",            "-",     "-",               "-",            "privilege", "!wrong_bmc_key", "-",          "-",          "-",          "-",          "-",          "capabilities", "-",      "-",     "-",       "!closed"],
    ["privilege",         "-",            "-",            "-",            "-",     "-",            "-",     "-",               "-",            "-",         "-",              "activate",   "privilege",  "activate",   "activate",   "activate",   "privilege",    "-",      "-",     "-",       "close"],
    ["activate",          "-",            "-",            "-",            "-",     "-",            "-",     "-",               "-",            "-",         "-",              "rest",       "owner",      "rest",       "rest",       "rest",       "activate",     "-",      "-",     "-",       "deactivate"],
    ["  no more tries",   "-",            "-",            "-",            "-",     "-",            "-",     "-",               "-",            "-",         "-",              "rest",       "owner",      "rest",       "rest",       "rest",       "close",        "-",      "-",     "-",       "deactivate"],
    ["owner",             "-",            "-",            "-",            "-",     "-",            "-",     "-",               "-",            "-",         "-",              "deactivate", "deactivate", "deactivate", "deactivate", "deactivate", "owner",        "-",      "-",     "-",       "close"],
    ["  may not take it", "-",            "-",            "-",            "-",     "-",            "-",     "-",               "-",            "-",         "-",              "close",      "close",      "deactivate", "close",      "deactivate", "owner",        "-",      "-",     "-",       "close"],
    ["deactivate",        "-",            "-",            "-",            "-",     "-",            "-",     "-",               "-",            "-",         "-",              "activate",   "activate",   "activate",   "activate",   "activate",   "deactivate",   "-",      "-",     "-",       "close"],
    ["active",            "-",            "-",            "-",            "-",     "-",            "-",     "-",               "-",            "-",         "-",              "-",          "-",          "-",          "-",          "-",          "-",            "owner",  "owner", "close",   "deactivate"],
    ["  life sign",       "-",            "-",            "-",            "-",     "-",            "-",     "-",               "-",            "-",         "-",              "rest",       "rest",       "rest",       "close",      "close",      "owner",        "-",      "owner", "close",   "deactivate"],
    ["  no more tries",   "-",            "-",            "-",            "-",     "-",            "-",     "-",               "-",            "-",         "-",              "rest",       "rest",       "rest",       "close",      "close",      "close",        "-",      "owner", "close",   "deactivate"],
    ["leaving",           "-",            "-",            "-",            "-",     "-",            "-",     "-",               "-",            "-",         "-",              "close",      "close",      "close",      "close",      "close",      "deactivate",   "-",      "-",     "-",       "-"],
    ["  deposed",         "-",            "-",            "-",            "-",     "-",            "-",     "-",               "-",            "-",         "-",              "close",      "close",      "close",      "close",      "close",      "owner",        "-",      "-",     "-",       "-"],
    ["  last word",       "-",            "-",            "-",            "-",     "-",            "-",     "-",               "-",            "-",         "-",              "!lost",      "!lost",      "!lost",      "!lost",      "!lost",      "!lost",        "-",      "-",     "-",       "-"],
    ["ended",             "-",            "-",            "-",            "-",     "-",            "-",     "-",               "-",            "-",         "-",              "-",          "-",          "-",          "-",          "-",          "-",            "-",      "-",     "-",       "-"],
  ]);
});

test("every state with something under way has a retry armed, and an active one its sign of life", () => {
  for (const [, state] of states) {
    for (const event of events) {
      const step = stepSession(state, event);
      if (step === undefined) continue;
      const armed = step.effects.flatMap((effect) => (effect.type === "arm" ? [effect.timer] : []));
      const { phase, awaiting } = step.state;
      if (phase === "ended") expect(step.effects.at(-1)?.type).toBe("ended");
      expect(armed).toEqual(phase === "ended" ? [] : [awaiting === undefined ? "keepalive" : "retry"]);
    }
  }
});

test("a BMC that never answers is asked four times and given up", () => {
  const waits: number[] = [];
  let step = stepSession(fresh, { type: "begin" });
  while (step !== undefined && step.state.phase !== "ended") {
    for (const effect of step.effects) if (effect.type === "arm") waits.push(effect.delayMs);
    step = stepSession(step.state, { type: "retry_due" });
  }
  expect(waits).toEqual([500, 1_500, 2_500, 3_500]);
  expect(step?.state.ending).toEqual({ why: "no_answer", to: "capabilities" });
});

test.each([
  ["rakp1", "rakp1"],
  ["rakp3", "rakp3"],
] as const)("an unanswered %s is never repeated: the log-in begins anew, with other ids", (_, awaiting) => {
  const state: SessionState = { ...fresh, phase: "authenticating", awaiting, tries: 1, logins: 1 };
  const step = stepSession(state, { type: "retry_due" });
  expect(step?.effects[0]).toMatchObject({ type: "new_login", suite: 17 });
  expect(step?.state).toMatchObject({ awaiting: "capabilities", logins: 2 });
});

test("a BMC that is silent to one suite is asked for the other", () => {
  const state: SessionState = { ...fresh, phase: "authenticating", awaiting: "open_session", tries: 1 };
  expect(stepSession(state, { type: "retry_due" })?.effects[0]).toMatchObject({ suite: 3 });
});

test("a refused privilege is followed by the next lower one, before RAKP and after", () => {
  const rakp1: SessionState = { ...fresh, phase: "authenticating", awaiting: "rakp1", tries: 1 };
  const refused = stepSession(rakp1, { type: "rakp2", status: 0x0d, proved: false });
  expect(refused?.effects[0]).toMatchObject({ type: "new_login", privilege: 3 });
  const asked: SessionState = { ...fresh, phase: "authenticated", awaiting: "privilege", tries: 1 };
  expect(stepSession(asked, { type: "completed", code: 0x81 })?.state.privileges).toEqual([3, 2]);
});

test("SOL is taken from another once in a session, and then left to it", () => {
  const asked: SessionState = { ...fresh, phase: "authenticated", awaiting: "owner", tries: 1 };
  const taking = stepSession(asked, { type: "completed", code: 0, owner: "other" });
  expect(taking?.effects[0]).toEqual({ type: "taking_over" });
  const again: SessionState = { ...(taking?.state ?? fresh), awaiting: "owner" };
  const left = stepSession(again, { type: "completed", code: 0, owner: "other" });
  expect(left?.state).toMatchObject({ phase: "leaving", awaiting: "close", ending: { why: "busy" } });
});

test("SOL that is ours already, its answer lost, is activated anew without taking it from anybody", () => {
  const asked: SessionState = {
    ...fresh,
    phase: "authenticated",
    awaiting: "owner",
    tries: 1,
    mayTakeOver: false,
  };
  const step = stepSession(asked, { type: "completed", code: 0, owner: "ours" });
  expect(step?.state.awaiting).toBe("deactivate");
  expect(step?.effects.map(({ type }) => type)).not.toContain("taking_over");
});

test("who was deposed does not deactivate the SOL of whoever has it now", () => {
  let step = stepSession({ ...fresh, phase: "active" }, { type: "sol_deactivated" });
  const asked: string[] = [];
  while (step !== undefined && step.state.phase !== "ended") {
    asked.push(step.state.awaiting ?? "");
    step = stepSession(step.state, { type: "completed", code: 0, owner: "other" });
  }
  expect(asked).toEqual(["owner", "close"]);
  expect(step?.state.ending).toEqual({ why: "stolen" });
});

test("a BMC that does not know who has SOL is asked for its device from then on", () => {
  const asked: SessionState = { ...fresh, phase: "active", awaiting: "owner", tries: 1 };
  const step = stepSession(asked, { type: "completed", code: 0xc1 });
  expect(step?.state.lifeSign).toBe("device");
  expect(step && stepSession(step.state, { type: "keepalive_due" })?.state.awaiting).toBe("device");
});

test("half a minute of silence after a sign of life is endured, and no more than a minute", () => {
  let step = stepSession({ ...fresh, phase: "active" }, { type: "keepalive_due" });
  let waitedMs: number = SESSION_TIMES.keepaliveEveryMs;
  while (step !== undefined && step.state.phase === "active") {
    for (const effect of step.effects) if (effect.type === "arm") waitedMs += effect.delayMs;
    step = stepSession(step.state, { type: "retry_due" });
  }
  expect(waitedMs).toBeGreaterThan(50_000);
  expect(waitedMs + SESSION_TIMES.keepaliveJitterMs).toBeLessThanOrEqual(60_000);
});
