import { FakeClock } from "@confed/testkit";
import type { Link } from "@confed/transports";
import { expect, test } from "vitest";
import { CADENCE_MS, Cadence } from "./cadence.ts";
import { Reading } from "./reading.ts";

/** What a turn finds, in bytes: a line, and so much that there is more. */
const ALL = 80;
const MORE = 64 * 1024;

/** A link that a test plays: `waiting` is what each of the next turns finds. */
function setup({ pausable = true, waiting }: { pausable?: boolean; waiting?: number[] } = {}) {
  const clock = new FakeClock();
  const state = { paused: false, readAtMs: [] as number[] };
  const link = {
    pausable,
    ...(waiting && {
      readNow: () => {
        state.readAtMs.push(clock.nowMs());
        const found = waiting.shift() ?? 0;
        if (found > 0) made.reading?.took(clock.nowMs());
        return found;
      },
    }),
    pause: () => {
      state.paused = true;
    },
    resume: () => {
      state.paused = false;
    },
  } as unknown as Link;
  const made: { reading?: Reading } = {};
  const reading = new Reading(3, new Cadence(clock, { crowded: false, flush: () => undefined }));
  made.reading = reading;
  reading.use(link);
  return { clock, state, reading };
}

test("a link that is read more than twice a second rests until its turn, one that is not never does", () => {
  const { clock, state, reading } = setup();
  reading.took(clock.nowMs());
  expect(state.paused).toBe(false);
  clock.advance(2 * CADENCE_MS);
  reading.took(clock.nowMs());
  expect(state.paused).toBe(false);
  clock.advance(10);
  reading.took(clock.nowMs());
  expect(state.paused).toBe(true);
  clock.advance(CADENCE_MS);
  expect(state.paused).toBe(false);
  expect(clock.pending).toBe(0);
});

test("who begins to watch wakes the link at once, and no timer is left", () => {
  const { clock, state, reading } = setup();
  reading.took(clock.nowMs());
  reading.took(clock.nowMs());
  reading.watch();
  expect(state.paused).toBe(false);
  expect(clock.pending).toBe(0);
});

test("a link is read only when neither the cadence nor the log stops it", () => {
  const { clock, state, reading } = setup();
  reading.took(clock.nowMs());
  reading.took(clock.nowMs());
  expect(reading.hold()).toBe(true);
  clock.advance(CADENCE_MS);
  expect(state.paused).toBe(true);
  reading.letGo();
  expect(state.paused).toBe(false);
  reading.took(clock.nowMs());
  reading.took(clock.nowMs());
  reading.hold();
  reading.letGo();
  expect(state.paused).toBe(true);
});

test("a link that cannot be paused is left alone", () => {
  const { clock, state, reading } = setup({ pausable: false });
  reading.took(clock.nowMs());
  reading.took(clock.nowMs());
  expect([reading.hold(), state.paused, clock.pending]).toEqual([false, false, 0]);
});

test("a lost link leaves nothing to wake", () => {
  const { clock, reading } = setup();
  reading.took(clock.nowMs());
  reading.took(clock.nowMs());
  reading.use(undefined);
  expect(clock.pending).toBe(0);
});

test("a link that rests is read once a cadence without being resumed, as long as there is something", () => {
  const { clock, state, reading } = setup({ waiting: [ALL, ALL, 0] });
  reading.took(clock.nowMs());
  reading.took(clock.nowMs());
  clock.advance(CADENCE_MS);
  clock.advance(CADENCE_MS);
  expect([state.readAtMs.length, state.paused]).toEqual([2, true]);
  clock.advance(CADENCE_MS);
  expect([state.readAtMs.length, state.paused]).toEqual([3, false]);
  const [first = 0, second = 0, third = 0] = state.readAtMs;
  expect([second - first, third - second]).toEqual([CADENCE_MS, CADENCE_MS]);
  expect(clock.pending).toBe(0);
});

test("a link that has more than one read takes is read again in a moment", () => {
  const { clock, state, reading } = setup({ waiting: [MORE, MORE, ALL] });
  reading.took(clock.nowMs());
  reading.took(clock.nowMs());
  clock.advance(CADENCE_MS);
  const [first = 0] = state.readAtMs;
  clock.advance(CADENCE_MS / 2);
  expect(state.readAtMs.length).toBeGreaterThanOrEqual(3);
  expect(state.readAtMs[2]).toBeLessThan(first + CADENCE_MS / 2);
});

test("a link that sends faster than a serial line can is read twice a cadence, for as long as it does", () => {
  const perCadence = 11.52 * CADENCE_MS;
  const waiting = [perCadence + 100, perCadence / 2 + 100, perCadence / 2 - 100, perCadence - 100, ALL];
  const { clock, state, reading } = setup({ waiting });
  reading.took(clock.nowMs());
  reading.took(clock.nowMs());
  while (state.readAtMs.length < 5) clock.advance(10);
  const waits = state.readAtMs.slice(1).map((readMs, index) => readMs - (state.readAtMs[index] ?? 0));
  expect(waits).toEqual([CADENCE_MS / 2, CADENCE_MS / 2, CADENCE_MS, CADENCE_MS]);
});

test("what has arrived is read out before a link is closed, and no more than a bound of it", () => {
  const some = setup({ waiting: [MORE, MORE, ALL, MORE] });
  some.reading.readOut();
  expect(some.state.readAtMs).toHaveLength(3);
  const endless = setup({ waiting: Array.from({ length: 1_000 }, () => MORE) });
  endless.reading.readOut();
  expect(endless.state.readAtMs).toHaveLength(16);
  const held = setup({ waiting: [ALL] });
  held.reading.hold();
  held.reading.readOut();
  expect(held.state.readAtMs).toEqual([]);
});

test("a thawed link that has printed is read at once and rests, one that has not is left to the poll", () => {
  const waiting: number[] = [ALL];
  const { clock, state, reading } = setup({ waiting });
  for (const found of [true, false, true, false]) {
    reading.freeze();
    expect(state.paused).toBe(true);
    waiting.splice(0, 1, ...(found ? [ALL] : []));
    state.readAtMs.length = 0;
    reading.thaw();
    expect([state.readAtMs.length, state.paused]).toEqual([1, found]);
    clock.advance(CADENCE_MS);
    // Its turn found nothing.
    expect([state.paused, clock.pending]).toEqual([false, 0]);
  }
});
