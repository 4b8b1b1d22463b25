import fc from "fast-check";
import { expect, it } from "vitest";
import { BlockQueue } from "./block-queue.ts";

it("a block queue gives what it was given, in order, whatever the pieces", () => {
  const step = fc.oneof(
    fc.record({ push: fc.uint8Array({ maxLength: 40_000, size: "max" }) }),
    fc.record({ shift: fc.nat(50_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const queue = new BlockQueue();
      let model = Buffer.alloc(0);
      for (const one of steps) {
        if ("push" in one) {
          queue.push(one.push);
          model = Buffer.concat([model, one.push]);
        } else {
          const head = queue.peek();
          expect(head.length > 0).toBe(model.length > 0);
          const length = Math.min(one.shift, head.length);
          expect(Buffer.from(head).equals(model.subarray(0, head.length))).toBe(true);
          queue.shift(length);
          model = model.subarray(length);
        }
        expect(queue.sizeBytes).toBe(model.length);
      }
      queue.clear();
      expect(queue.peek().length).toBe(0);
    }),
    { numRuns: 50 },
  );
});
