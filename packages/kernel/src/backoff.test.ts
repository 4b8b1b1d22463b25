import fc from "fast-check";
import { expect, test } from "vitest";
import { createBackoff } from "./backoff.ts";

test("back-off doubles its bound from one second to one minute when nothing is configured", () => {
  const delayMs = createBackoff({ random: () => 0.5 });
  expect([0, 1, 2, 5, 6, 7].map(delayMs)).toEqual([500, 1_000, 2_000, 16_000, 30_000, 30_000]);
});

test("back-off stays within its bounds when it was tried any number of times", () => {
  fc.assert(
    fc.property(
      fc.record({
        firstMs: fc.integer({ min: 1, max: 10_000 }),
        maxMs: fc.integer({ min: 1, max: 100_000 }),
      }),
      fc.nat(1_000_000),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (bounds, attempt, chance) => {
        const delayMs = createBackoff({ ...bounds, random: () => chance })(attempt);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThan(bounds.maxMs);
        expect(delayMs).toBeLessThanOrEqual(bounds.firstMs * 2 ** attempt);
      },
    ),
  );
});
