import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { LISTEN_LIMITS } from "./listen-limits.ts";
import { WaitingRoom } from "./waiting-room.ts";

interface Guest {
  readonly name: string;
  readonly source: string;
  readonly sinceMs: number;
  readonly isTrusted: boolean;
}

function openRoom(perSourceMax = 3) {
  const clock = new FakeClock();
  const out: string[] = [];
  const room = new WaitingRoom<Guest>({
    clock,
    perSourceMax,
    onOut: ({ name }, why) => void out.push(`${name} ${why}`),
  });
  const come = (name: string, source: string, isTrusted = false) => {
    const guest = { name, source, sinceMs: clock.nowMs(), isTrusted };
    room.enter(guest);
    return guest;
  };
  return { clock, out, room, come };
}

test("who waits too long goes, each at its own time, and who is known stays", () => {
  const { clock, out, room, come } = openRoom();
  come("early", "a");
  clock.advance(4_000);
  const known = come("known", "a");
  come("late", "b");
  expect(room.leave(known)).toBe(true);
  expect(room.leave(known)).toBe(false);
  clock.advance(5_999);
  expect(out).toEqual([]);
  clock.advance(1);
  expect(out).toEqual(["early late"]);
  clock.advance(4_000);
  expect(out).toEqual(["early late", "late late"]);
  expect([room.size, clock.pending]).toEqual([0, 0]);
});

test("one too many of a source sends out its oldest that has been silent, never the newcomer", () => {
  const { clock, out, room, come } = openRoom();
  for (const name of ["a1", "a2", "a3"]) come(name, "a");
  come("b1", "b");
  // A storm of real clients: all at once, none of them silent yet.
  come("a4", "a");
  expect(out).toEqual([]);
  clock.advance(LISTEN_LIMITS.silentAfterMs);
  come("a5", "a");
  come("a6", "a");
  expect(out).toEqual(["a1 room", "a2 room"]);
  expect(room.size).toBe(5);
  room.close();
  expect(clock.pending).toBe(0);
});

test("a trusted source has as many as it likes", () => {
  const { clock, out, room, come } = openRoom();
  for (let count = 0; count < 10; count += 1) {
    come(`h${count}`, "head", true);
    clock.advance(900);
  }
  expect(out).toEqual([]);
  room.close();
});

test("at the cap the oldest of the busiest source makes room, whoever comes", () => {
  const { out, room, come } = openRoom(Number.POSITIVE_INFINITY);
  come("quiet", "quiet");
  for (let count = 1; count < LISTEN_LIMITS.unprovenMax; count += 1)
    come(`n${count}`, count % 3 === 0 ? "two" : "one");
  expect(out).toEqual([]);
  come("real", "real");
  come("real too", "real");
  expect(out).toEqual(["n1 room", "n2 room"]);
  expect(room.size).toBe(LISTEN_LIMITS.unprovenMax);
  room.close();
});

test("room is made of somebody else's when nothing is left otherwise, as long as there is somebody", () => {
  const { clock, out, room, come } = openRoom();
  expect(room.makeRoom()).toBe(false);
  const [one] = [come("a1", "a"), come("b1", "b"), come("b2", "b")];
  expect(room.makeRoom(1)).toBe(false);
  clock.advance(1);
  expect(room.makeRoom(1)).toBe(true);
  expect(out).toEqual(["b1 room"]);
  room.leave(one);
  expect(room.makeRoom()).toBe(true);
  expect(room.makeRoom()).toBe(false);
  expect(clock.pending).toBe(0);
});
