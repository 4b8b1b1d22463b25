import { expect, test } from "vitest";
import { advance, afterGap } from "./output-place.ts";

const place = { logId: "a", offset: 100 };
const output = (offset: number, text: string, endOffset = offset + text.length) => ({
  offset,
  endOffset,
  data: Buffer.from(text),
});

test.each([
  ["follows", output(100, "xyz"), "xyz", 103, 0],
  ["was seen in part", output(98, "abcde"), "cde", 103, 0],
  ["was seen", output(90, "abcde"), "", 100, 0],
  ["skips bytes", output(110, "xyz"), "xyz", 113, 10],
  ["went through a filter", output(98, "longer than its offsets", 103), "longer than its offsets", 103, 0],
])("output that %s is shown once", (_name, message, shown, offset, missingBytes) => {
  const step = advance(place, message);
  expect(Buffer.from(step.fresh).toString()).toBe(shown);
  expect(step.place).toEqual({ logId: "a", offset });
  expect(step.missingBytes).toBe(missingBytes);
});

test("a gap moves on, never back, and into another log if it says so", () => {
  expect(afterGap(place, { to: 150, logId: "a" })).toEqual({ logId: "a", offset: 150 });
  expect(afterGap(place, { to: 150, logId: "" })).toEqual({ logId: "a", offset: 150 });
  expect(afterGap(place, { to: 50, logId: "a" })).toEqual({ logId: "a", offset: 100 });
  expect(afterGap(place, { to: 7, logId: "b" })).toEqual({ logId: "b", offset: 7 });
});
