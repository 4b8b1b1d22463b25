import { expect, test } from "vitest";
import { readStamped, wrongStamp } from "./read-stamped.ts";

const STAMP = "2026-11-21T04:21:28.123+00:00 ";
const OUTPUT = "one\ntwo\r\n\nthree and more";
const file = (text: string) => (pos: number, sizeBytes: number) =>
  Buffer.from(text, "latin1").subarray(pos, pos + sizeBytes);
const stretch = (endPos = Number.POSITIVE_INFINITY) => ({
  from: 100,
  pos: STAMP.length,
  stamped: { marks: [{ off: 109, pos: 3 * STAMP.length + 9 }], endPos },
});
const TEXT = OUTPUT.split("\n")
  .map((line) => `${STAMP}${line}`)
  .join("\n");

test("any part of a stretch is read without its stamps, from its beginning or from a mark", () => {
  for (let from = 0; from < OUTPUT.length; from += 1) {
    for (let to = from + 1; to <= OUTPUT.length; to += 1) {
      const bytes = readStamped(file(TEXT), stretch(), { at: 100 + from, sizeBytes: to - from });
      expect(Buffer.from(bytes).toString("latin1")).toBe(OUTPUT.slice(from, to));
    }
  }
});

test("nothing is read behind the end of a stretch, and nothing where the file ends", () => {
  const read = (endPos: number | undefined, at: number) =>
    Buffer.from(readStamped(file(TEXT), stretch(endPos), { at, sizeBytes: 1_000 })).toString("latin1");
  expect(read(STAMP.length + 2, 100)).toBe("on");
  expect(read(undefined, 100 + OUTPUT.length)).toBe("");
});

test("a line that somebody robbed of its time, or gave an earlier one, is named by its place", () => {
  const wrong = (text: string, mayGoBack = false) =>
    wrongStamp(file(text), stretch(), { to: 100 + OUTPUT.length, mayGoBack: () => mayGoBack });
  expect(wrong(TEXT)).toBeUndefined();
  const pos = TEXT.indexOf("two") - STAMP.length;
  const withTime = (time: string) => `${TEXT.slice(0, pos)}${time}${TEXT.slice(pos + time.length)}`;
  expect(wrong(withTime("yesterday"))).toEqual({ pos, is: "none" });
  expect(wrong(TEXT.replaceAll("T04:", "T24:"))).toEqual({ pos: 0, is: "none" });
  expect(wrong(withTime("2026-11-21T04:21:26.122"))).toEqual({ pos, is: "back" });
  // A step that small is not told by the index.
  expect(wrong(withTime("2026-11-21T04:21:26.123"))).toBeUndefined();
  expect(wrong(withTime("2026-11-21T04:21:26.122"), true)).toBeUndefined();
});
