import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { CADENCE_MS, Cadence, type Resting } from "./cadence.ts";

function sleeper(number: number, wokenAtMs: number[], clock: FakeClock): Resting & { resting: boolean } {
  return {
    number,
    listed: false,
    resting: true,
    wake: () => {
      wokenAtMs.push(clock.nowMs());
      return "rests";
    },
  };
}

test("those who rest are spread over the cadence by their numbers, each woken once in it", () => {
  const clock = new FakeClock();
  const cadence = new Cadence(clock, { crowded: false });
  const woken = Array.from({ length: 100 }, () => [] as number[]);
  for (const [number, atMs] of woken.entries()) cadence.rest(sleeper(number, atMs, clock));
  clock.advance(CADENCE_MS);
  const firstMs = woken.map(([first]) => first);
  expect(new Set(firstMs).size).toBe(10);
  for (const atMs of new Set(firstMs)) expect(firstMs.filter((each) => each === atMs)).toHaveLength(10);
  clock.advance(CADENCE_MS);
  expect(woken.every(({ length }) => length === 2)).toBe(true);
});

test("one that woke and rests again before its turn is woken once, and none is left when all are awake", () => {
  const clock = new FakeClock();
  const cadence = new Cadence(clock, { crowded: false });
  const wokenAtMs: number[] = [];
  const one = sleeper(1, wokenAtMs, clock);
  cadence.rest(one);
  one.resting = false;
  cadence.forget();
  expect(clock.pending).toBe(0);
  one.resting = true;
  cadence.rest(one);
  clock.advance(CADENCE_MS);
  expect(wokenAtMs).toHaveLength(1);
  one.resting = false;
  cadence.forget();
  expect(clock.pending).toBe(0);
});

test("nobody's turn comes while the log has as much before it as memory allows, and then it does", () => {
  const clock = new FakeClock();
  const log = { crowded: true };
  const cadence = new Cadence(clock, log);
  const wokenAtMs: number[] = [];
  cadence.rest(sleeper(1, wokenAtMs, clock));
  clock.advance(4 * CADENCE_MS);
  expect(wokenAtMs).toEqual([]);
  log.crowded = false;
  clock.advance(CADENCE_MS);
  expect(wokenAtMs).toHaveLength(1);
});
