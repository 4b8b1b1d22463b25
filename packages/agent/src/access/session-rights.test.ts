import { ConfedError } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { type Verb, verbSet } from "@confed/trust";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ConsoleTable } from "../console/console-table.ts";
import type { SessionGrant } from "./access.ts";
import { type Governed, SessionRights } from "./session-rights.ts";

let clock: FakeClock;
let screen: string[];
let allowed: readonly Verb[];
let ended: ConfedError | undefined;
let changed: () => void;
let rights: SessionRights;
const viewer = { mode: "WRITE" as "WRITE" | "VIEW" };

beforeEach(() => {
  clock = new FakeClock();
  screen = [];
  allowed = ["view", "write"];
  ended = undefined;
  viewer.mode = "WRITE";
});
afterEach(() => {
  rights.end();
  expect(clock.pending).toBe(0);
});

function begin(leftMs = Number.POSITIVE_INFINITY): void {
  const grant = {
    leftMs,
    verbsOn: () => verbSet(allowed),
    get ended() {
      return ended;
    },
  } as unknown as SessionGrant;
  const governed: Governed = {
    get mode() {
      return viewer.mode;
    },
    notice: (text) => screen.push(text),
    disarm(reason) {
      if (viewer.mode === "WRITE") screen.push(`read-only: ${reason}`);
      viewer.mode = "VIEW";
    },
    end: ({ message }) => screen.push(`end: ${message}`),
  };
  rights = new SessionRights(grant, "n1", governed, {
    table: { find: () => ({ name: "n1" }) } as unknown as ConsoleTable,
    access: {
      watch(onChange) {
        changed = onChange;
        return () => (changed = () => undefined);
      },
    },
    timers: clock,
  });
  rights.begin();
}

test("a role that lost the keyboard leaves the view, and says why", () => {
  begin();
  allowed = ["view"];
  changed();
  changed();
  clock.advance(60_000);
  expect(screen).toEqual(["read-only: your roles do not allow it any more"]);
});

test("revoked access falls to a view at once and ends within 10 s, each with its reason", () => {
  begin();
  allowed = [];
  ended = new ConfedError("permission_denied", "your access was revoked");
  changed();
  expect(screen).toEqual([
    "read-only: your access was revoked",
    "your access was revoked; this session ends in 5 s",
  ]);
  clock.advance(5_000);
  expect(screen.slice(2)).toEqual(["end: [permission_denied] your access was revoked"]);
});

test("access that comes back in time ends nothing, and may be lost again", () => {
  begin();
  for (let round = 0; round < 2; round++) {
    allowed = [];
    changed();
    clock.advance(4_000);
    allowed = ["view"];
    changed();
    clock.advance(60_000);
  }
  expect(screen.filter((line) => line.startsWith("end"))).toEqual([]);
  expect(screen.filter((line) => line === "your access is back")).toHaveLength(2);
});

test("a session is warned before its time is over, falls to a view when it is, and ends a minute later", () => {
  begin(3_600_000);
  clock.advance(3_600_000 - 300_001);
  expect(screen).toEqual([]);
  clock.advance(1);
  expect(screen).toEqual(["this session ends in 5 min"]);
  clock.advance(300_000);
  expect(screen.slice(1)).toEqual([
    "read-only: the time of this session is over",
    "the time of this session is over; this session ends in 60 s",
  ]);
  expect(() => {
    rights.need(["write"]);
  }).toThrow("your roles do not allow write on n1");
  clock.advance(60_000);
  expect(screen.slice(3)).toEqual(["end: [permission_denied] the time of this session is over"]);
});

test("what is not allowed is named", () => {
  begin();
  rights.need(["view", "write"]);
  expect(() => {
    rights.need(["write", "break"]);
  }).toThrow(ConfedError);
});
