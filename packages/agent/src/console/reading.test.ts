import { FakeClock } from "@confed/testkit";
import type { Link } from "@confed/transports";
import { expect, test } from "vitest";
import { CADENCE_MS, Cadence } from "./cadence.ts";
import { Reading } from "./reading.ts";

function setup(pausable = true) {
  const clock = new FakeClock();
  const state = { paused: false };
  const link = {
    pausable,
    pause: () => {
      state.paused = true;
    },
    resume: () => {
      state.paused = false;
    },
  } as unknown as Link;
  const reading = new Reading(new Cadence(clock));
  reading.use(link);
  return { clock, state, reading };
}

test("a link that is read twice within the cadence rests until the sweep, one that is not never does", () => {
  const { clock, state, reading } = setup();
  reading.took(clock.nowMs());
  expect(state.paused).toBe(false);
  clock.advance(CADENCE_MS);
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
  const { clock, state, reading } = setup(false);
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
