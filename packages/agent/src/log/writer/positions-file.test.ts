import { readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { memoryFolder } from "@confed/testkit";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PositionsFile } from "./positions-file.ts";

interface Noted {
  readonly name: string;
  readonly value: number;
}

let dir: string;
beforeEach(() => {
  dir = memoryFolder("confed-positions-");
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const path = () => join(dir, "positions");
const names = ["n1", "n2", "sn\n03", "ä"];
const move = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("put" as const), names: fc.subarray(names, { minLength: 1 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("flood" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("stop" as const),
      cutPercent: fc.integer({ min: 0, max: 100 }),
    }),
  },
);

test("however often a stop tears the last put, each console has its last position or, torn, the one before", () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 20 }), (moves) => {
      rmSync(path(), { force: true });
      let file = new PositionsFile<Noted>(path());
      const values = new Map<string, number>();
      let before = new Map<string, number>();
      let durableBytes = statSync(path()).size;
      let value = 0;
      const put = (of: readonly string[]) => {
        before = new Map(values);
        durableBytes = statSync(path()).size;
        value += 1;
        for (const name of of) values.set(name, value);
        file.put(of.map((name) => ({ name, value })));
      };
      for (const each of moves) {
        if (each.do === "put") put(each.names);
        // Often enough for the file to be written anew.
        else if (each.do === "flood") for (let i = 0; i < 300; i += 1) put(names);
        else {
          file.close();
          const sizeBytes = statSync(path()).size;
          // A file that was written anew is whole or is not there.
          const putBytes = Math.max(0, sizeBytes - durableBytes);
          const cutBytes = Math.floor((putBytes * each.cutPercent) / 100);
          truncateSync(path(), sizeBytes - cutBytes);
          file = new PositionsFile<Noted>(path());
          for (const name of names) {
            const known = file.get(name)?.value;
            expect([values.get(name), before.get(name)]).toContain(known);
            if (cutBytes === 0) expect(known).toBe(values.get(name));
            if (known === undefined) values.delete(name);
            else values.set(name, known);
          }
          before = new Map(values);
          durableBytes = statSync(path()).size;
        }
      }
      file.close();
      file = new PositionsFile<Noted>(path());
      for (const name of names) expect(file.get(name)?.value).toBe(values.get(name));
      file.close();
      // It stays in proportion to what it knows.
      expect(readFileSync(path(), "utf8").split("\n").length).toBeLessThan(1_400);
    }),
    { numRuns: 60 },
  );
});
