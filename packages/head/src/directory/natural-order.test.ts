import { expect, test } from "vitest";
import { compareNames } from "./natural-order.ts";

test("names are ordered as people count", () => {
  const names = ["n10", "n2", "n1", "n02", "n2a", "N1", "r1n10", "r1n9", "n", "n2-1", "n00"];
  expect([...names].sort(compareNames)).toEqual([
    "N1",
    "n",
    "n00",
    "n1",
    "n02",
    "n2",
    "n2-1",
    "n2a",
    "n10",
    "r1n9",
    "r1n10",
  ]);
});

test("different names never compare as equal, and both ways agree", () => {
  const names = ["n1", "n01", "n001", "n1a", "n01a", "a0", "a", "a00", "9", "09", "10"];
  for (const a of names) {
    for (const b of names) {
      expect(Math.sign(compareNames(a, b))).toBe(-Math.sign(compareNames(b, a)) + 0);
      if (a !== b) expect(compareNames(a, b)).not.toBe(0);
    }
  }
});
