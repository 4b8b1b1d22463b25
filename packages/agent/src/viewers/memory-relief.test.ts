import { silentLogger } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { MemoryRelief, type Relievable } from "./memory-relief.ts";

class Holder implements Relievable {
  relieved = 0;
  readonly backlogBytes: number;
  constructor(backlogBytes: number) {
    this.backlogBytes = backlogBytes;
  }
  relieve(): void {
    this.relieved += 1;
  }
}

test("who holds much is relieved while memory is short, who holds little is not, and nobody before", () => {
  const clock = new FakeClock();
  let usedBytes = 70;
  const relief = new MemoryRelief({
    timers: clock,
    logger: silentLogger,
    memory: () => ({ usedBytes, limitBytes: 100 }),
  });
  const [much, little] = [new Holder(1024 * 1024), new Holder(1_000)];
  relief.add(much);
  relief.add(little);
  clock.advance(1_000);
  expect([much.relieved, little.relieved]).toEqual([0, 0]);
  for (const round of [1, 2]) {
    usedBytes = 80;
    clock.advance(500);
    expect([much.relieved, little.relieved]).toEqual([round, 0]);
    usedBytes = 70;
    clock.advance(500);
    expect(much.relieved).toBe(round);
  }
  relief.remove(much);
  relief.remove(little);
  expect(clock.pending).toBe(0);
});
