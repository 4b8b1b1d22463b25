import { ArenaPool, RECORD_HEADER_BYTES } from "@confed/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RecentOutput } from "./recent-output.ts";

const RING_BYTES = 1_000;

/** Records of one console, a read of `lengths[i]` bytes each, numbered from `offset` on. */
function records(number: number, offset: number, lengths: readonly number[]) {
  const arena = new ArenaPool({ capacityBytes: RING_BYTES, countMax: 1 }).take();
  let at = offset;
  for (const length of lengths) {
    arena?.append(number, at, printed(at, length));
    at += length;
  }
  return { bytes: arena?.bytes.subarray(0, arena.usedBytes) ?? new Uint8Array(), end: at };
}

const printed = (offset: number, length: number) =>
  Uint8Array.from({ length }, (_, index) => ((offset + index) * 31) % 251);

test("the newest output is there as it came, however often the ring has gone round", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(sizes, (batches) => {
      const recent = new RecentOutput(RING_BYTES);
      let end = 0;
      for (const size of batches) {
        const made = records(1, end, [size]);
        recent.add(made.bytes);
        ({ end } = made);
      }
      const kept = Buffer.from(recent.before(1, end));
      expect(kept.equals(printed(end - kept.byteLength, kept.byteLength))).toBe(true);
      // A hole at the ring's end, where a batch did not fit, and what the newest pushed out: the rest is there.
      const largestBytes = 200 + RECORD_HEADER_BYTES;
      let [mustBytes, sumBytes] = [0, 0];
      for (const size of batches.toReversed()) {
        sumBytes += size + RECORD_HEADER_BYTES;
        if (sumBytes > RING_BYTES - 2 * largestBytes) break;
        mustBytes += size;
      }
      expect(kept.byteLength).toBeGreaterThanOrEqual(mustBytes);
    }),
  );
});

test("of several consoles each has its own, up to the offset that is asked for, until all is forgotten", () => {
  const recent = new RecentOutput(RING_BYTES);
  recent.add(records(1, 0, [3, 4]).bytes);
  recent.add(records(2, 100, [5]).bytes);
  recent.add(records(1, 7, [2]).bytes);
  expect([...recent.before(1, 9)]).toEqual([...printed(0, 9)]);
  expect([...recent.before(1, 5)]).toEqual([...printed(0, 5)]);
  expect([...recent.before(2, 105)]).toEqual([...printed(100, 5)]);
  recent.clear();
  expect(recent.before(1, 9)).toHaveLength(0);
  recent.add(records(1, 9, [1]).bytes);
  expect([...recent.before(1, 10)]).toEqual([...printed(9, 1)]);
});
