import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { PacedCancel } from "./paced-cancel.ts";

test("many streams are given up a burst at once, then one by one, and the pause is kept meanwhile", () => {
  const clock = new FakeClock();
  const paced = new PacedCancel(clock);
  let canceled = 0;
  let paused = 0;
  for (let stream = 0; stream < 1_000; stream++) {
    paced.cancel({ pause: () => (paused += 1), cancel: () => (canceled += 1) });
  }
  expect(canceled).toBe(200);
  expect(paused).toBe(800);
  clock.advance(1_000);
  expect(canceled).toBe(220);
  clock.advance(39_000);
  expect(canceled).toBe(1_000);
  // The burst is there again after as much quiet.
  clock.advance(10_000);
  expect(clock.pending).toBe(0);
  for (let stream = 0; stream < 200; stream++)
    paced.cancel({ pause: () => undefined, cancel: () => (canceled += 1) });
  expect(canceled).toBe(1_200);
  paced.forget();
  expect(clock.pending).toBe(0);
});
