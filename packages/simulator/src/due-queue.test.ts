import { FakeClock } from "@confed/testkit";
import { describe, expect, it } from "vitest";
import { DueQueue } from "./due-queue.ts";

describe("DueQueue", () => {
  it("runs in order of due time, equal times in order of asking, from one timer", () => {
    const clock = new FakeClock();
    const queue = new DueQueue(clock);
    const ran: string[] = [];
    for (const [delayMs, name] of [
      [30, "c"],
      [10, "a"],
      [30, "d"],
      [20, "b"],
      [40, "e"],
    ] as const) {
      queue.after(delayMs, () => ran.push(`${name}@${clock.nowMs()}`));
      expect(clock.pending).toBe(1);
    }
    clock.advance(100);
    expect(ran).toEqual(["a@10", "b@20", "c@30", "d@30", "e@40"]);
    expect(clock.pending).toBe(0);
  });

  it("keeps the order of asking among many that are due at once", () => {
    const clock = new FakeClock();
    const queue = new DueQueue(clock);
    const ran: number[] = [];
    const all = Array.from({ length: 50 }, (_, i) => i);
    for (const i of all) queue.at(10, () => ran.push(i));
    clock.advance(10);
    expect(ran).toEqual(all);
  });

  it("forgets what was cancelled, and everything when it closes", () => {
    const clock = new FakeClock();
    const queue = new DueQueue(clock);
    const ran: string[] = [];
    const cancel = queue.after(10, () => ran.push("cancelled"));
    queue.after(20, () => ran.push("kept"));
    queue.after(30, () => ran.push("closed"));
    cancel();
    clock.advance(20);
    queue.close();
    queue.after(1, () => ran.push("late"));
    clock.advance(100);
    expect(ran).toEqual(["kept"]);
    expect(clock.pending).toBe(0);
  });

  it("lets the loop turn before what was asked for during a run and is due already", () => {
    const clock = new FakeClock();
    const queue = new DueQueue(clock);
    let runs = 0;
    const again = (): void => {
      runs += 1;
      if (runs < 3) queue.at(0, again);
    };
    queue.at(0, again);
    clock.advance(1);
    expect(runs).toBe(1);
    clock.advance(2);
    expect(runs).toBe(3);
  });
});
