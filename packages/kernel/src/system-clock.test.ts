import { afterEach, expect, test, vi } from "vitest";
import { systemClock } from "./system-clock.ts";

afterEach(() => {
  vi.useRealTimers();
});

test("the clock is never early when it is asked for part of a millisecond", async () => {
  for (const delayMs of [0, 0.4, 1.7, 2.2, 3.9]) {
    const startMs = systemClock.nowMs();
    await new Promise<void>((resolve) => {
      systemClock.after(delayMs, resolve);
    });
    expect(systemClock.nowMs() - startMs).toBeGreaterThanOrEqual(delayMs);
  }
});

test("the clock rings once, later, when the delay is zero", () => {
  vi.useFakeTimers();
  const run = vi.fn();
  systemClock.after(0, run);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  vi.advanceTimersByTime(1_000);
  expect(run).toHaveBeenCalledTimes(1);
});

test("the clock waits when the delay is more than Node can count", () => {
  vi.useFakeTimers();
  const run = vi.fn();
  const delayMs = 60 * 24 * 3_600_000;
  systemClock.after(delayMs, run);
  vi.advanceTimersByTime(delayMs - 1);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2);
  expect(run).toHaveBeenCalledTimes(1);
});

test("nothing rings and no timer is left when it was cancelled, at first or after it was armed again", () => {
  vi.useFakeTimers();
  const cancelShort = systemClock.after(10, () => expect.fail("was cancelled"));
  const cancelLong = systemClock.after(2 ** 32, () => expect.fail("was cancelled"));
  vi.advanceTimersByTime(5);
  cancelShort();
  vi.advanceTimersByTime(2 ** 31 + 100);
  cancelLong();
  cancelLong();
  expect(vi.getTimerCount()).toBe(0);
});

test("wall time is what the host believes", () => {
  vi.useFakeTimers({ now: 1_234 });
  expect(systemClock.wallTimeMs()).toBe(1_234);
});
