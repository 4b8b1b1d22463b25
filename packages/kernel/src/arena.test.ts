import fc from "fast-check";
import { expect, test } from "vitest";
import { ArenaPool, visitRecords } from "./arena.ts";
import { InvariantError } from "./errors.ts";

const pool = (countMax = 2) => new ArenaPool({ capacityBytes: 4096, countMax });

test("records come back as they were appended", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.nat(0xffffffff), fc.nat(Number.MAX_SAFE_INTEGER), fc.uint8Array({ maxLength: 100 })),
      ),
      (records) => {
        const arena = pool().take();
        const kept = records.filter(([number, offset, bytes]) => arena?.append(number, offset, bytes));
        const seen: [number, number, Uint8Array][] = [];
        visitRecords(
          arena?.bytes.subarray(0, arena.usedBytes) ?? new Uint8Array(),
          (number, offset, bytes) => {
            seen.push([number, offset, Uint8Array.from(bytes)]);
          },
        );
        expect(seen).toEqual(kept);
      },
    ),
  );
});

test("append refuses whole what does not fit", () => {
  const arena = pool().take();
  expect(arena?.append(1, 0, new Uint8Array(4096 - 16))).toBe(true);
  expect(arena?.append(1, 0, new Uint8Array(0))).toBe(false);
  expect(arena?.usedBytes).toBe(4096);
});

test("an arena is given out again only when sealed and held by nobody", () => {
  const arenas = pool(1);
  const arena = arenas.take();
  arena?.hold();
  arena?.hold();
  arena?.release();
  arena?.seal();
  expect(arenas.take()).toBeUndefined();
  arena?.release();
  expect(arenas.take()).toBe(arena);
  expect(arena?.usedBytes).toBe(0);
});

test("releasing more often than holding is a bug", () => {
  expect(() => pool().take()?.release()).toThrow(InvariantError);
});
