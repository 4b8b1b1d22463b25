import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { type HandedSeat, holdSeats, type SeatedConsole, seatsToHand } from "./held-seats.ts";
import { VIEWER_LIMITS } from "./viewer-limits.ts";
import { Viewers } from "./viewers.ts";

function console(name: string) {
  const left = { count: 0 };
  const viewers = new Viewers({ wallTimeMs: () => 0 });
  const seated: SeatedConsole = {
    name,
    viewers,
    viewerLeft: () => {
      left.count += 1;
    },
  };
  return { ...seated, left };
}

const handed = (of: string, sessionId: string, mode: HandedSeat["mode"]): HandedSeat => ({
  ...{ console: of, sessionId, subject: `viewer ${sessionId}`, mode, sinceMs: 7 },
});

test("seats are held until their time is over, and the console hears that nobody came", () => {
  const clock = new FakeClock();
  const n1 = console("n1");
  const find = (name: string) => (name === "n1" ? n1 : undefined);
  const seats = [handed("n1", "w", "WRITE"), handed("n1", "r", "VIEW"), handed("removed", "x", "WRITE")];
  holdSeats(seats, { find, timers: clock });
  expect([n1.viewers.count, n1.viewers.writer?.subject, clock.pending]).toEqual([2, "viewer w", 1]);
  // One of them comes back, and is heard of as any other viewer.
  n1.viewers.find("r")?.end(new Error() as never);
  clock.advance(9_999);
  expect([n1.viewers.count, n1.viewers.writer?.subject, n1.left.count]).toEqual([1, "viewer w", 0]);
  clock.advance(1);
  expect([n1.viewers.count, n1.viewers.writer, n1.left.count, clock.pending]).toEqual([0, undefined, 1, 0]);
});

test("a keyboard is taken back from who found nobody at it in the moment before", () => {
  const clock = new FakeClock();
  const n1 = console("n1");
  const timers = clock;
  holdSeats([handed("n1", "early", "WRITE")], { find: () => n1, timers });
  holdSeats([handed("n1", "w", "WRITE")], { find: () => n1, timers });
  expect(n1.viewers.status().map(({ subject, mode }) => [subject, mode])).toEqual([
    ["viewer w", "WRITE"],
    ["viewer early", "VIEW"],
  ]);
});

test("what is held can be handed on, writers first, and never more than a console seats", () => {
  const clock = new FakeClock();
  const [n1, n2] = [console("n1"), console("n2")];
  const find = (name: string) => (name === "n1" ? n1 : n2);
  const crowd = Array.from({ length: VIEWER_LIMITS.perConsoleMax + 1 }, (_, at) =>
    handed("n1", `v${at}`, "VIEW"),
  );
  const stop = holdSeats([...crowd, handed("n2", "w", "WRITE")], { find, timers: clock });
  const again = seatsToHand([n1, n2]);
  expect(again.slice(0, 2)).toEqual([handed("n2", "w", "WRITE"), handed("n1", "v0", "VIEW")]);
  expect(again).toHaveLength(VIEWER_LIMITS.perConsoleMax + 1);
  stop();
  expect(clock.pending).toBe(0);
});
