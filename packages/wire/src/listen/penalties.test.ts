import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { LISTEN_LIMITS } from "./listen-limits.ts";
import { Penalties } from "./penalties.ts";

test("a source is shut out when its faults add up, not before, and until all of them are over", () => {
  const clock = new FakeClock();
  const penalties = new Penalties(clock);
  expect(penalties.blame("a", "auth")).toBe(false);
  expect(penalties.blame("a", "auth")).toBe(false);
  expect(penalties.shutsOut("a")).toBe(false);
  expect(penalties.blame("a", "auth")).toBe(true);
  expect(penalties.shutsOut("a")).toBe(true);
  expect(penalties.shutsOut("b")).toBe(false);
  clock.advance(14_999);
  expect(penalties.shutsOut("a")).toBe(true);
  clock.advance(1);
  expect(penalties.shutsOut("a")).toBe(false);
  expect(penalties.size).toBe(0);
});

test("faults that come seldom are forgiven", () => {
  const clock = new FakeClock();
  const penalties = new Penalties(clock);
  for (let hour = 0; hour < 3_600; hour += 1) {
    penalties.blame("a", "silence");
    clock.advance(1_000);
  }
  expect(penalties.shutsOut("a")).toBe(false);
});

test("one flood is enough, and no sentence is longer than the longest", () => {
  const clock = new FakeClock();
  const penalties = new Penalties(clock);
  expect(penalties.blame("a", "crash")).toBe(true);
  for (let time = 0; time < 100; time += 1) expect(penalties.blame("a", "crash")).toBe(false);
  clock.advance(LISTEN_LIMITS.shutOutMsMax - 1);
  expect(penalties.shutsOut("a")).toBe(true);
  clock.advance(1);
  expect(penalties.shutsOut("a")).toBe(false);
});

test("a million sources take the memory of the last 65,536", () => {
  const penalties = new Penalties(new FakeClock());
  penalties.blame("first", "crash");
  for (let source = 0; source < 70_000; source += 1) penalties.blame(String(source), "crash");
  expect(penalties.size).toBe(LISTEN_LIMITS.sourcesMax);
  expect(penalties.shutsOut("first")).toBe(false);
  expect(penalties.shutsOut("69999")).toBe(true);
});
