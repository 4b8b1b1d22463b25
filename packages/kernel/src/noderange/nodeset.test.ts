import { execFileSync } from "node:child_process";
import { skippedWithout } from "@confed/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resolveNoderange } from "./resolve-noderange.ts";

const skipped = skippedWithout("nodeset");

const digits = (number: number) => String(number).padStart(2, "0");

/** Every name that a range below can mean. */
const NODES = [
  ...Array.from({ length: 31 }, (_, at) => `p${digits(at)}`),
  ...[1, 2, 3].flatMap((frame) => [1, 2, 3, 4].map((slot) => `f${frame}n${slot}`)),
].map((name) => ({ name, groups: [], labels: {} }));

const span = (most: number, write: (number: number) => string) =>
  fc
    .tuple(fc.integer({ min: 1, max: most }), fc.integer({ min: 1, max: most }))
    .map(([a, b]) => (a === b ? write(a) : `${write(Math.min(a, b))}-${write(Math.max(a, b))}`));
const spans = (most: number, write: (number: number) => string) =>
  fc.array(span(most, write), { minLength: 1, maxLength: 3 }).map((list) => `[${list.join(",")}]`);

/** Ranges that are written alike for both, and mean the same. */
const range = fc.oneof(
  fc.integer({ min: 0, max: 30 }).map((at) => `p${digits(at)}`),
  spans(30, digits).map((list) => `p${list}`),
  fc.tuple(spans(3, String), spans(4, String)).map(([frames, slots]) => `f${frames}n${slots}`),
);
const ranges = fc.array(range, { minLength: 1, maxLength: 4 });

describe.skipIf(skipped !== "")(`noderanges with nodeset of Debian's clustershell${skipped}`, () => {
  test("unions of ranges less others mean the same to both, wherever what is left out stands", () => {
    fc.assert(
      fc.property(ranges, fc.array(range, { maxLength: 2 }), fc.boolean(), (wanted, unwanted, before) => {
        const left = unwanted.map((each) => `-${each}`);
        const text = (before ? [...left, ...wanted] : [...wanted, ...left]).join(",");
        const theirs = nodeset(wanted, ...unwanted.flatMap((each) => ["-x", each]));
        expect(ours(text), text).toEqual(theirs);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test("what two ranges have in common is the same to both", () => {
    fc.assert(
      fc.property(ranges, ranges, (one, other) => {
        const text = `(${one.join(",")})@(${other.join(",")})`;
        expect(ours(text), text).toEqual(nodeset(one, "-i", other.join(",")));
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

function ours(text: string): ReadonlySet<string> {
  const { names, missing } = resolveNoderange(text, NODES);
  expect(missing, text).toEqual([]);
  return names;
}

function nodeset(ranges: readonly string[], ...more: readonly string[]): ReadonlySet<string> {
  const said = execFileSync("nodeset", ["-e", "-S", "\n", ranges.join(","), ...more], { encoding: "utf8" });
  return new Set(said.split("\n").filter((name) => name !== ""));
}
