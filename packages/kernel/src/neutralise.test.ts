import fc from "fast-check";
import { expect, test } from "vitest";
import { neutralise } from "./neutralise.ts";

test.each([
  ["plain text with ü, 漢字 and 🙂", "plain text with ü, 漢字 and 🙂"],
  ["a\nb\r\n\tc", "a\\nb\\r\\n\\tc"],
  ["\u001b[2J\u0007", "\\x1b[2J\\x07"],
  ["\u0000\u007f\u009b31m", "\\x00\\x7f\\x9b31m"],
  ["user\u202etxt.exe\u2066", "user\\u202etxt.exe\\u2066"],
  ["a\u200bb\ufeffc\u2028d", "a\\u200bb\\ufeffc\\u2028d"],
  ["half \ud800 pair", "half \\ud800 pair"],
  ["tag \u{e0041}", "tag \\u{e0041}"],
])("text is shown with escapes when it is %j", (text, shown) => {
  expect(neutralise(text)).toBe(shown);
});

test("text is cut with an ellipsis, and no escape or pair in two, when it is too long", () => {
  expect(neutralise("abcdef", 6)).toBe("abcdef");
  expect(neutralise("abcdefg", 6)).toBe("abcde…");
  expect(neutralise("abc\u001bdef", 6)).toBe("abc…");
  expect(neutralise("abc🙂🙂", 5)).toBe("abc…");
  expect(neutralise("x".repeat(5_000))).toHaveLength(1_000);
});

test("the result is one safe line within its length, and stays as it is when neutralised again", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 80 }),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 80 })
      .map((units) => String.fromCharCode(...units)),
    fc
      .array(fc.integer({ min: 0, max: 0xff }), { maxLength: 80 })
      .map((units) => String.fromCharCode(...units)),
  );
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 100 }), (text, lengthMax) => {
      const safe = neutralise(text, lengthMax);
      expect(safe).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
      expect(safe.length).toBeLessThanOrEqual(lengthMax);
      expect(neutralise(safe, lengthMax)).toBe(safe);
    }),
    { numRuns: 1_000 },
  );
});
