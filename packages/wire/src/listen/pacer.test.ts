import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { LISTEN_LIMITS } from "./listen-limits.ts";
import { Pacer } from "./pacer.ts";

test("what is due is done in order, a little at a time, and nothing ticks when all is done, twice", () => {
  const clock = new FakeClock();
  const pacer = new Pacer(clock);
  const count = 2.5 * LISTEN_LIMITS.paceCountMin;
  for (const _round of [1, 2]) {
    const done: number[] = [];
    for (let index = 0; index < count; index += 1) pacer.later(() => done.push(index));
    expect(done).toEqual([]);
    const atOnce: number[] = [];
    while (clock.pending > 0) {
      const before = done.length;
      clock.advance(LISTEN_LIMITS.paceMs);
      atOnce.push(done.length - before);
    }
    expect(done).toEqual(Array.from({ length: count }, (_, index) => index));
    expect(Math.max(...atOnce)).toBe(LISTEN_LIMITS.paceCountMin);
  }
});

test("a hundred thousand are done within a minute, and what comes meanwhile waits its turn", () => {
  const clock = new FakeClock();
  const pacer = new Pacer(clock);
  let left = 100_000;
  for (let index = 0; index < 100_000; index += 1) pacer.later(() => (left -= 1));
  clock.advance(LISTEN_LIMITS.paceMs);
  let last = false;
  pacer.later(() => {
    last = true;
    expect(left).toBe(0);
  });
  clock.advance(60_000);
  expect([left, last]).toEqual([0, true]);
});

test("a job that comes back is done next time, and nothing is done after the end", () => {
  const clock = new FakeClock();
  const pacer = new Pacer(clock);
  let looks = 0;
  const look = () => {
    looks += 1;
    pacer.later(look);
  };
  pacer.later(look);
  for (const times of [1, 2, 3]) {
    clock.advance(LISTEN_LIMITS.paceMs);
    expect(looks).toBe(times);
  }
  pacer.close();
  clock.advance(LISTEN_LIMITS.paceMs);
  expect([looks, clock.pending]).toEqual([3, 0]);
});
