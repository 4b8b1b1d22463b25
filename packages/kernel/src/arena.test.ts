import fc from "fast-check";
import { expect, test } from "vitest";
import { type Arena, ArenaPool, visitRecords } from "./arena.ts";
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

// Any order of what console, log feed and their receivers do to the arenas of a pool.
const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("append" as const), bytes: fc.integer({ min: 1, max: 900 }) }),
  },
  fc.record({ do: fc.constantFrom("seal" as const, "hold" as const) }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant("release" as const), which: fc.nat(9) }) },
);

test("no byte that somebody holds changes, and every arena comes back, whatever the order", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const countMax = 3;
      const arenas = pool(countMax);
      const held: { readonly arena: Arena; readonly bytes: Uint8Array; readonly copy: Uint8Array }[] = [];
      let current: Arena | undefined;
      let offset = 0;
      const expectUnchanged = () => {
        for (const { bytes, copy } of held) expect(Buffer.compare(bytes, copy)).toBe(0);
      };
      for (const step of actions) {
        if (step.do === "append") {
          current ??= arenas.take();
          const taken = current?.append(1, offset, new Uint8Array(step.bytes).fill(offset % 251));
          if (taken === true) offset += step.bytes;
          else if (current !== undefined) {
            current.seal();
            current = undefined;
          }
        } else if (step.do === "seal") {
          current?.seal();
          current = undefined;
        } else if (step.do === "hold" && current !== undefined) {
          current.hold();
          const bytes = current.bytes.subarray(0, current.usedBytes);
          held.push({ arena: current, bytes, copy: Uint8Array.from(bytes) });
        } else if (step.do === "release") {
          const [holder] = held.splice(step.which % Math.max(1, held.length), 1);
          holder?.arena.release();
        }
        expectUnchanged();
        const out = new Set([...held.map(({ arena }) => arena), ...(current === undefined ? [] : [current])]);
        expect(arenas.outCount).toBe(out.size);
        expect(out.size).toBeLessThanOrEqual(countMax);
      }
      current?.seal();
      for (const { arena } of held.splice(0)) arena.release();
      expect(arenas.outCount).toBe(0);
    }),
    { numRuns: 300 },
  );
});
