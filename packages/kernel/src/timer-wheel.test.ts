import { FakeClock } from "@confed/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TimerWheel } from "./timer-wheel.ts";

test("every deadline fires once, never early and less than two ticks late, when it is armed at any time", () => {
  const plan = fc.array(fc.record({ waitMs: fc.nat(500), delayMs: fc.nat(5_000) }), { maxLength: 50 });
  fc.assert(
    fc.property(
      plan,
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 16 }),
      (steps, tickMs, slotCount) => {
        const clock = new FakeClock();
        const wheel = new TimerWheel(clock, { tickMs, slotCount });
        const lateMs: number[] = [];
        for (const { waitMs, delayMs } of steps) {
          clock.advance(waitMs);
          const dueMs = clock.nowMs() + delayMs;
          wheel.after(delayMs, () => void lateMs.push(clock.nowMs() - dueMs));
        }
        clock.advance(5_000 + 2 * tickMs);
        expect(lateMs).toHaveLength(steps.length);
        expect(Math.min(0, ...lateMs)).toBe(0);
        expect(Math.max(0, ...lateMs)).toBeLessThan(2 * tickMs);
        expect(clock.pending).toBe(0);
      },
    ),
  );
});

test("the wheel holds one real timer when it holds deadlines, and none when the last is cancelled", () => {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock, { tickMs: 10, slotCount: 4 });
  expect(clock.pending).toBe(0);
  const cancels = [5, 50, 500].map((delayMs) => wheel.after(delayMs, () => expect.fail("was cancelled")));
  expect(clock.pending).toBe(1);
  for (const cancel of cancels) cancel();
  for (const cancel of cancels) cancel();
  expect([clock.pending, wheel.size]).toEqual([0, 0]);
  clock.advance(1_000);
});

test("cancelling does nothing when the deadline has fired", () => {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock, { tickMs: 10, slotCount: 4 });
  const cancel = wheel.after(10, () => undefined);
  wheel.after(1_000, () => undefined);
  clock.advance(20);
  cancel();
  expect([wheel.size, clock.pending]).toEqual([1, 1]);
});

test("a callback re-arms itself for ever when it wants to, and time still passes", () => {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock, { tickMs: 10, slotCount: 1 });
  let firedCount = 0;
  const again = () => {
    firedCount += 1;
    wheel.after(0, again);
  };
  wheel.after(0, again);
  clock.advance(100);
  expect(firedCount).toBe(10);
});

test("a callback cancels its neighbour in the same slot when it runs first", () => {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock, { tickMs: 10, slotCount: 4 });
  wheel.after(5, () => {
    cancelNeighbour();
  });
  const cancelNeighbour = wheel.after(5, () => expect.fail("was cancelled"));
  clock.advance(100);
  expect([wheel.size, clock.pending]).toEqual([0, 0]);
});

test("the others fire and the wheel goes on when a callback throws", () => {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock, { tickMs: 10, slotCount: 4 });
  const fired: string[] = [];
  wheel.after(5, () => {
    throw new Error("broken deadline");
  });
  wheel.after(5, () => void fired.push("same tick"));
  wheel.after(50, () => void fired.push("later"));
  expect(() => {
    clock.advance(20);
  }).toThrow("broken deadline");
  expect(fired).toEqual(["same tick"]);
  clock.advance(100);
  expect(fired).toEqual(["same tick", "later"]);
});

test("missed ticks are made up in the order of due time when the process was stalled", () => {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock, { tickMs: 10, slotCount: 4 });
  const fired: number[] = [];
  for (const delayMs of [95, 15, 55, 35]) wheel.after(delayMs, () => void fired.push(delayMs));
  // Time passes without the timer: what a blocked event loop looks like from inside.
  const nowMs = clock.nowMs.bind(clock);
  clock.nowMs = () => nowMs() + 1_000;
  clock.advance(10);
  expect(fired).toEqual([15, 35, 55, 95]);
});

test("a long deadline is not late when every wake-up is", () => {
  const clock = new FakeClock();
  const after = clock.after.bind(clock);
  clock.after = (delayMs, run) => after(delayMs + 3, run);
  const wheel = new TimerWheel(clock, { tickMs: 10, slotCount: 8 });
  let firedMs = 0;
  wheel.after(10_000, () => {
    firedMs = clock.nowMs();
  });
  clock.advance(20_000);
  expect(firedMs).toBeGreaterThanOrEqual(10_000);
  expect(firedMs).toBeLessThan(10_020);
});
