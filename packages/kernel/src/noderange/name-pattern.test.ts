import fc from "fast-check";
import { expect, test } from "vitest";
import { compilePattern } from "./name-pattern.ts";

test("a pattern finds what RegExp finds", () => {
  const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "\\d", "\\.", "(a|b)", "(?:ab|)", "^", "$");
  const sign = fc.constantFrom("", "", "*", "+", "?", "{2}", "{0,2}", "{1,}");
  const piece = fc
    .tuple(atom, sign)
    .map(([each, count]) => (each === "^" || each === "$" ? each : each + count));
  const pattern = fc
    .array(fc.oneof(piece, fc.constant("|")), { maxLength: 8 })
    .map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(pattern, fc.string({ unit: fc.constantFrom(..."ab1.]-"), maxLength: 8 }), (text, name) => {
      expect(compilePattern(text)(name), `${text} in ${name}`).toBe(new RegExp(text, "s").test(name));
    }),
    { numRuns: 5_000 },
  );
});

test("a pattern that makes RegExp backtrack for ever is done at once", () => {
  const fits = compilePattern("^(a+)+(a|a)*((a*)*b)+$");
  expect(fits("a".repeat(128))).toBe(false);
  expect(fits(`${"a".repeat(127)}b`)).toBe(true);
});

test.each([
  "[",
  "(a",
  "a)",
  "*",
  "a|+",
  "(?=a)",
  "(?<x>a)",
  "\\1",
  "\\",
  "a{999}",
  "a{3,2}",
  "a".repeat(1_001),
])("%s is no pattern", (pattern) => {
  expect(() => compilePattern(pattern)).toThrow(SyntaxError);
});
