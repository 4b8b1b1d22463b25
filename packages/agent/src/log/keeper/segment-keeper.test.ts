import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { segmentPathOf } from "../log-files.ts";
import type { WriterOptions } from "../writer-messages.ts";
import { type Disk, SegmentKeeper } from "./segment-keeper.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "confed-keeper-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const ID = "0123456789abcdef";
const NOW_MS = 1_700_000_000_000;
const PLENTY: Disk = { sizeBytes: 1e12, freeBytes: 1e12 };

/** A segment of `name` that ended so many seconds ago. */
function segment(
  name: string,
  base: number,
  { agoS, packed = false }: { agoS: number; packed?: boolean },
): string {
  const path = `${segmentPathOf(join(dir, `${name}.log`), ID, base)}${packed ? ".gz" : ""}`;
  writeFileSync(path, "x".repeat(100));
  utimesSync(path, NOW_MS / 1_000 - agoS, NOW_MS / 1_000 - agoS);
  return path;
}

function keeper(options: Pick<WriterOptions, "compress" | "keep">, diskOf: () => Disk = () => PLENTY) {
  const troubles: string[] = [];
  const made = new SegmentKeeper(options, {
    wallTimeMs: () => NOW_MS,
    onTrouble: (path) => troubles.push(path),
    diskOf,
  });
  for (const name of ["n1", "n2"]) made.add(join(dir, `${name}.log`));
  return { look: () => made.look(), troubles };
}

const left = () => readdirSync(dir).map((name) => name.replace(`.log.${ID}-`, "@").replace(/0+(?=\d)/, ""));

test("segments are packed, the log itself is left alone, and a crash's leavings go", () => {
  segment("n1", 0, { agoS: 9 });
  writeFileSync(join(dir, "n1.log"), "live");
  writeFileSync(`${segmentPathOf(join(dir, "n1.log"), ID, 0)}.gz.new`, "torn");
  writeFileSync(join(dir, "other.log.1"), "not ours");
  const { look } = keeper({ compress: "gzip" });
  look();
  expect(left().sort()).toEqual(["n1.log", "n1@0.gz", "other.log.1"]);
  const packed = readFileSync(`${segmentPathOf(join(dir, "n1.log"), ID, 0)}.gz`);
  expect(gunzipSync(packed).toString()).toBe("x".repeat(100));
});

test.each([
  ["age", { ageMs: 25_000 }, ["n1@200", "n1@300", "n2@0"]],
  ["count", { count: 1 }, ["n1@300", "n2@0"]],
  ["total size", { sizeBytes: 250 }, ["n1@200", "n1@300", "n2@0"]],
])("segments are kept by %s, each console's by itself", (_by, keep, expected) => {
  for (const [at, base] of [100, 200, 300].entries()) segment("n1", base, { agoS: 30 - at * 10 });
  segment("n2", 0, { agoS: 5 });
  const { look } = keeper({ keep });
  look();
  expect(left().sort()).toEqual(expected);
});

test("below the floor, the oldest packed segments of all go first, never the newest of a console", () => {
  segment("n1", 0, { agoS: 50, packed: true });
  segment("n1", 100, { agoS: 40 });
  segment("n1", 200, { agoS: 10, packed: true });
  segment("n2", 0, { agoS: 45, packed: true });
  segment("n2", 100, { agoS: 44, packed: true });
  const removedFirst = ["n1@0.gz", "n2@0.gz", "n1@100"];
  for (const [count, gone] of removedFirst.entries()) {
    const before = left().length;
    // Room for one more each time.
    const { look } = keeper({ keep: { freeBytes: 1_000 } }, () => ({
      sizeBytes: 1e6,
      freeBytes: 1_000 - (left().length - before + 1),
    }));
    look();
    expect(left(), `look ${count}`).not.toContain(gone);
    expect(left()).toHaveLength(before - 1);
  }
  const { look, troubles } = keeper({ keep: { freeBytes: 1_000 } }, () => ({ sizeBytes: 1e6, freeBytes: 0 }));
  look();
  expect(left().sort()).toEqual(["n1@200.gz", "n2@100.gz"]);
  expect(troubles).toEqual([]);
});

test("what is kept is always the newest part of a console's history", () => {
  const part = fc.record({ agoS: fc.integer({ min: 0, max: 100 }) });
  const keep = fc.record(
    {
      ageMs: fc.integer({ min: 0, max: 100_000 }),
      count: fc.integer({ min: 0, max: 8 }),
      sizeBytes: fc.integer({ min: 0, max: 800 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), keep, (parts, rules) => {
      for (const name of readdirSync(dir)) rmSync(join(dir, name));
      const agos = parts.map(({ agoS }) => agoS).sort((a, b) => b - a);
      for (const [at, agoS] of agos.entries()) segment("n1", at * 100, { agoS });
      keeper({ keep: rules }).look();
      const kept = agos.map((_ago, at) => left().includes(`n1@${at * 100}`));
      expect(kept.lastIndexOf(false)).toBe(kept.filter((is) => !is).length - 1);
      const within = (agoS: number, newer: number) =>
        agoS * 1_000 <= (rules.ageMs ?? 1e9) &&
        newer <= (rules.count ?? 99) &&
        newer * 100 <= (rules.sizeBytes ?? 1e9);
      agos.forEach((agoS, at) => {
        expect(kept[at]).toBe(within(agoS, agos.length - at));
      });
    }),
    { numRuns: 50 },
  );
});
