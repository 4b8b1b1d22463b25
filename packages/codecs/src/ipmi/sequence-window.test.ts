import fc from "fast-check";
import { expect, test } from "vitest";
import { nextSequence, SequenceWindow } from "./sequence-window.ts";

test("each number is admitted once, also when it comes up to 16 late", () => {
  const window = new SequenceWindow();
  expect([1, 2, 5, 3, 4].map((sequence) => window.admit(sequence))).toEqual([true, true, true, true, true]);
  expect([1, 2, 3, 4, 5].map((sequence) => window.admit(sequence))).toEqual(Array(5).fill(false));
  expect(window.admit(100)).toBe(true);
  expect(window.admit(84)).toBe(true);
  expect(window.admit(84)).toBe(false);
  expect(window.admit(83)).toBe(false);
});

test("0 is never admitted, and numbering goes round past it", () => {
  const window = new SequenceWindow();
  expect(window.admit(0)).toBe(false);
  expect(window.admit(0x7fff_ffff)).toBe(true);
  expect(window.admit(0xffff_fffe)).toBe(true);
  expect(window.admit(0xffff_ffff)).toBe(true);
  expect(nextSequence(0xffff_ffff)).toBe(1);
  expect(window.admit(1)).toBe(true);
  expect(window.admit(0xffff_fffd)).toBe(true);
  expect(window.admit(0xffff_ffff)).toBe(false);
});

test("no number is admitted twice, whatever comes in whatever order", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 200 }), (sequences) => {
      const window = new SequenceWindow();
      const admitted = sequences.filter((sequence) => window.admit(sequence));
      expect(new Set(admitted).size).toBe(admitted.length);
    }),
  );
});
