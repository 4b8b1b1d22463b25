import { expect, test } from "vitest";
import { nearestWord } from "./nearest-word.ts";

const KEYS = ["host", "port", "onDemand", "connectTimeout"];

test.each([
  ["prot", "port"],
  ["hst", "host"],
  ["hosts", "host"],
  ["ondemand", "onDemand"],
  ["connectTimout", "connectTimeout"],
  ["xyzzy", undefined],
  ["h", undefined],
  ["", undefined],
  ["p".repeat(100_000), undefined],
])("the nearest word to %j is %j", (word, nearest) => {
  expect(nearestWord(word, KEYS)).toBe(nearest);
});
