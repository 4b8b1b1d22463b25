import { ArenaPool } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { recordsOf } from "./backlogs.ts";
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

test("what a console has in flight is found from the newest back, and no further than asked for", () => {
  const sent = new InFlight(new FakeClock());
  const arena = new ArenaPool({ capacityBytes: 1_024, countMax: 1 }).take();
  const add = (number: number, offset: number, text: string) => {
    const bytes = Buffer.from(text);
    sent.add({ seq: 1, records: recordsOf(number, [{ offset, bytes }]), arena });
  };
  // Torn: whoever reads it throws.
  sent.add({
    seq: 1,
    records: recordsOf(1, [{ offset: 0, bytes: Buffer.from("old") }]).subarray(0, 10),
    arena,
  });
  add(1, 3, "abc");
  add(2, 0, "other");
  add(1, 6, "def");
  const of = (from: number) =>
    sent.of(1, from).map(({ offset, bytes }) => [offset, Buffer.from(bytes).toString()]);
  expect(of(3)).toEqual([
    [3, "abc"],
    [6, "def"],
  ]);
  expect(of(5)).toEqual([
    [5, "c"],
    [6, "def"],
  ]);
  expect(of(7)).toEqual([[7, "ef"]]);
  expect(() => of(2)).toThrow();
});
