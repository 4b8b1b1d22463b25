import type { Clock } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { describe, expect, it } from "vitest";
import { DueQueue } from "./due-queue.ts";
import { LineTicker } from "./line-ticker.ts";

function rig(consoles: number, linesPerSecond: number) {
  const clock = new FakeClock();
  // Time that passes while the process does not run.
  let sleptMs = 0;
  const sleepy: Clock = {
    nowMs: () => clock.nowMs() + sleptMs,
    wallTimeMs: () => clock.wallTimeMs(),
    after: (delayMs, run) => clock.after(delayMs, run),
  };
  const due: { readonly index: number; readonly dueMs: number }[] = [];
  let leftOut = 0;
  const ticker = new LineTicker({
    clock: sleepy,
    queue: new DueQueue(sleepy),
    consoles,
    linesPerSecond,
    onDue: (index, dueMs) => due.push({ index, dueMs }),
    onLeftOut: (slots) => {
      leftOut += slots;
    },
  });
  const sleep = (ms: number): void => {
    sleptMs += ms;
  };
  return { clock, sleep, ticker, due, leftOut: () => leftOut };
}

describe("LineTicker", () => {
  it("makes every console due at its rate, spread evenly, in order of due time", () => {
    const { clock, ticker, due } = rig(4, 10);
    ticker.start();
    expect(clock.pending).toBe(1);
    clock.advance(1000);
    expect(due).toHaveLength(40);
    expect(due.slice(0, 5)).toEqual([
      { index: 0, dueMs: 25 },
      { index: 1, dueMs: 50 },
      { index: 2, dueMs: 75 },
      { index: 3, dueMs: 100 },
      { index: 0, dueMs: 125 },
    ]);
    ticker.stop();
    expect(clock.pending).toBe(1); // The queue's own wake-up, which finds nothing to run.
    clock.advance(1000);
    expect(due).toHaveLength(40);
    expect(clock.pending).toBe(0);
  });

  it("catches up with what it is late for, in turns", () => {
    const { clock, sleep, ticker, due, leftOut } = rig(1000, 10);
    ticker.start();
    sleep(1000);
    clock.advance(3);
    expect(due.length).toBeGreaterThanOrEqual(4000);
    clock.advance(20);
    expect(due.length).toBeGreaterThanOrEqual(10_000);
    expect(leftOut()).toBe(0);
    ticker.stop();
  });

  it("leaves out what an hour of sleep made due, and says so", () => {
    const { clock, sleep, ticker, due, leftOut } = rig(10, 10);
    ticker.start();
    sleep(3_600_000);
    clock.advance(10);
    expect(due.length).toBeLessThan(10);
    expect(leftOut()).toBeGreaterThan(359_000);
    ticker.stop();
  });

  it("arms nothing at a rate of 0", () => {
    const { clock, ticker } = rig(10, 0);
    ticker.start();
    expect(clock.pending).toBe(0);
  });
});
