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

/** At which times `count` who rest were woken in `cadences`. */
function wakings(
  count: number,
  cadences: number,
): { readonly woken: number[][]; readonly flushedAtMs: number[] } {
  const clock = new FakeClock();
  const flushedAtMs: number[] = [];
  const flush = () => flushedAtMs.push(clock.nowMs());
  const cadence = new Cadence(clock, { crowded: false, flush });
  const woken = Array.from({ length: count }, () => [] as number[]);
  for (const [number, atMs] of woken.entries()) cadence.rest(sleeper(number, atMs, clock));
  clock.advance(cadences * CADENCE_MS);
  return { woken, flushedAtMs };
}

test.each([
  [100, 4],
  [1_000, 4],
  [8_000, 6],
  [20_000, 12],
])(
  "%i who rest are woken in %i turns a cadence, each once in it, and the log has it then",
  (count, turns) => {
    const { woken, flushedAtMs } = wakings(count, 3);
    const firstMs = new Set(woken.map(([first]) => first));
    expect(firstMs.size).toBe(turns);
    for (const [first = 0, ...later] of woken)
      expect(later).toEqual([first + CADENCE_MS, first + 2 * CADENCE_MS]);
    expect(flushedAtMs).toHaveLength(3 * turns);
  },
);

test("turns that take long do not stretch the cadence", () => {
  const clock = new FakeClock();
  const cadence = new Cadence(clock, { crowded: false, flush: () => undefined });
  const wokenAtMs: number[] = [];
  const one = sleeper(0, wokenAtMs, clock);
  let late = true;
  const wake = () => {
    wokenAtMs.push(clock.nowMs());
    // The turn itself takes a while, which the clock shows to whoever is armed next.
    if (late) clock.advance(CADENCE_MS / 4);
    late = false;
    return "rests" as const;
  };
  cadence.rest({ ...one, wake });
  clock.advance(3 * CADENCE_MS);
  const [first = 0, second = 0] = wokenAtMs;
  expect(second - first).toBe(CADENCE_MS);
});

test("whose link has more is read again a moment later, and not before others had a turn", () => {
  const clock = new FakeClock();
  const cadence = new Cadence(clock, { crowded: false, flush: () => undefined });
  const wokenAtMs: number[] = [];
  const flooding = sleeper(0, wokenAtMs, clock);
  let more = 3;
  const wake = () => {
    wokenAtMs.push(clock.nowMs());
    more -= 1;
    return more > 0 ? ("soon" as const) : ("rests" as const);
  };
  cadence.rest({ ...flooding, wake });
  clock.advance(2 * CADENCE_MS - 1);
  const [first = 0, second = 0, third = 0] = wokenAtMs;
  expect([second - first, third - second]).toEqual([CADENCE_MS / 12, CADENCE_MS / 12]);
  expect(wokenAtMs).toHaveLength(3);
});

test("one that woke and rests again before its turn is woken once, and none is left when all are awake", () => {
  const clock = new FakeClock();
  const cadence = new Cadence(clock, { crowded: false, flush: () => undefined });
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
  const log = { crowded: true, flush: () => undefined };
  const cadence = new Cadence(clock, log);
  const wokenAtMs: number[] = [];
  cadence.rest(sleeper(1, wokenAtMs, clock));
  clock.advance(4 * CADENCE_MS);
  expect(wokenAtMs).toEqual([]);
  log.crowded = false;
  clock.advance(CADENCE_MS);
  expect(wokenAtMs).toHaveLength(1);
});
