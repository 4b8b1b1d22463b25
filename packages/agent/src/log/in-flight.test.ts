import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { InFlight } from "./in-flight.ts";
import { LOG_LIMITS } from "./log-limits.ts";

const records = new Uint8Array();

test("a log that answers slowly is late and not stuck, one that does not answer is both", () => {
  const clock = new FakeClock();
  const sent = new InFlight(clock);
  for (const seq of [1, 2, 3]) sent.add({ seq, records, arena: undefined });
  clock.advance(LOG_LIMITS.lateAfterMs - 1);
  expect(sent.stuck).toBe(false);
  expect(sent.answered(1)?.seq).toBe(1);
  clock.advance(LOG_LIMITS.lateAfterMs - 1);
  expect(sent.stuck).toBe(false);
  expect(sent.lagMs).toBe(2 * (LOG_LIMITS.lateAfterMs - 1));
  clock.advance(1);
  expect(sent.stuck).toBe(true);
  expect(sent.answered(3)?.seq).toBe(2);
  expect(sent.answered(3)?.seq).toBe(3);
  expect(sent.answered(3)).toBeUndefined();
  expect([sent.stuck, sent.lagMs, sent.empty]).toEqual([false, 0, true]);
});
