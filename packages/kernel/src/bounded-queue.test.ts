import fc from "fast-check";
import { expect, test } from "vitest";
import { BoundedQueue } from "./bounded-queue.ts";

test("the queue gives back what it took, in order and within its bound, when used in any way", () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.uint8Array({ maxLength: 40 }) },
    { weight: 4, arbitrary: fc.constant("shift" as const) },
    { weight: 1, arbitrary: fc.constant("clear" as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new BoundedQueue(100);
      let model: Uint8Array[] = [];
      const modelBytes = () => model.reduce((sum, chunk) => sum + chunk.length, 0);
      for (const it of steps) {
        if (it === "shift") expect(queue.shift()).toBe(model.shift());
        else if (it === "clear") {
          expect(queue.clear()).toBe(modelBytes());
          model = [];
        } else {
          const fits = modelBytes() + it.length <= 100;
          expect(queue.push(it)).toBe(fits);
          if (fits && it.length > 0) model.push(it);
        }
        expect(queue.sizeBytes).toBe(modelBytes());
      }
    }),
  );
});

test("the queue takes a chunk that fills it exactly, and refuses one byte more", () => {
  const queue = new BoundedQueue(10);
  expect(queue.push(new Uint8Array(11))).toBe(false);
  expect(queue.push(new Uint8Array(10))).toBe(true);
  expect(queue.push(new Uint8Array(1))).toBe(false);
  expect(queue.sizeBytes).toBe(10);
});

test("the queue refuses single bytes before its bound when their overhead would be the memory", () => {
  const queue = new BoundedQueue(1024 * 1024);
  let takenCount = 0;
  while (queue.push(new Uint8Array(1))) takenCount += 1;
  expect(takenCount).toBe(16 * 1024);
  queue.shift();
  expect(queue.push(new Uint8Array(1))).toBe(true);
});
