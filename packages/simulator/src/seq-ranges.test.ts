import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countOf, describeRanges, type SeqRange, SeqSet, subtractRanges } from "./seq-ranges.ts";

const numbersIn = (ranges: readonly SeqRange[]): number[] =>
  ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));

const setOf = (seqs: readonly number[]): SeqSet => {
  const set = new SeqSet();
  for (const seq of seqs) set.add(seq);
  return set;
};

describe("SeqSet", () => {
  it("holds what a Set holds, in ranges that never touch, whatever the order", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40)), (seqs) => {
        const model = new Set<number>();
        const set = new SeqSet();
        for (const seq of seqs) {
          expect(set.add(seq)).toBe(!model.has(seq));
          model.add(seq);
        }
        expect(numbersIn(set.ranges)).toEqual([...model].sort((a, b) => a - b));
        for (const [at, { from }] of set.ranges.entries()) {
          if (at > 0) expect(from).toBeGreaterThan((set.ranges[at - 1]?.to ?? 0) + 1);
        }
      }),
    );
  });
});

describe("subtractRanges", () => {
  it("leaves what is in the first and not in the second", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40)), fc.array(fc.nat(40)), (all, taken) => {
        const left = subtractRanges(setOf(all).ranges, setOf(taken).ranges);
        const wanted = [...new Set(all)].filter((seq) => !taken.includes(seq)).sort((a, b) => a - b);
        expect(numbersIn(left)).toEqual(wanted);
        expect(countOf(left)).toBe(wanted.length);
      }),
    );
  });
});

describe("describeRanges", () => {
  it("says how many it left out", () => {
    expect(describeRanges(setOf([3, 7, 8, 9, 11]).ranges, 2)).toBe("3, 7-9 and 1 more ranges");
  });
});
