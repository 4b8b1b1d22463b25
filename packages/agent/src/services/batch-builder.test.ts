import { type TailBatch, WIRE_LIMITS } from "@confed/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BatchBuilder } from "./batch-builder.ts";

test("whatever is added comes out in order, each byte once, in batches within the bound", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 100_000 })), { maxLength: 20 }),
      (records) => {
        const batches: (TailBatch & { copy: Buffer })[] = [];
        const builder = new BatchBuilder((batch) =>
          batches.push({ ...batch, copy: Buffer.from(batch.data as Buffer) }),
        );
        const ends = new Map<number, number>();
        for (const [console, length] of records) {
          const offset = ends.get(console) ?? 0;
          builder.add(
            console,
            offset,
            Uint8Array.from({ length }, (_, i) => (offset + i) % 251),
          );
          ends.set(console, offset + length);
        }
        builder.flush();
        const seen = new Map<number, number>();
        for (const { consoles = [], offsets = [], lengths = [], copy } of batches) {
          expect(copy.byteLength).toBeLessThanOrEqual(WIRE_LIMITS.pageBytesMax);
          let at = 0;
          consoles.forEach((console, i) => {
            const offset = Number(offsets[i]);
            expect(offset).toBe(seen.get(console) ?? 0);
            for (let k = 0; k < (lengths[i] ?? 0); k += 997) expect(copy[at + k]).toBe((offset + k) % 251);
            at += lengths[i] ?? 0;
            seen.set(console, offset + (lengths[i] ?? 0));
          });
          expect(at).toBe(copy.byteLength);
        }
        expect(seen).toEqual(ends);
      },
    ),
    { numRuns: 30 },
  );
});

test("nothing added, nothing emitted", () => {
  const builder = new BatchBuilder(() => {
    throw new Error("emitted");
  });
  builder.flush();
});
