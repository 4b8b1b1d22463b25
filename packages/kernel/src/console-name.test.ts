import { resolve } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkName, foldName, isConsoleName } from "./console-name.ts";

test.each(["n1", "N1", "0", "rack1.row2_node-3", "a".repeat(128)])("%s is a name", (text) => {
  expect(checkName(text)).toBe(text);
});

test.each([
  "",
  ".",
  "..",
  "a..b",
  "../etc/passwd",
  "-n",
  "_n",
  ".n",
  "a/b",
  "a b",
  "a\n",
  "ä",
  "a\u0000",
  "a".repeat(129),
])("%j is no name, and the error says the rule", (text) => {
  expect(isConsoleName(text)).toBe(false);
  expect(() => checkName(text, "agent")).toThrow(
    expect.objectContaining({
      code: "invalid_argument",
      subject: "agent",
      rawMessage: expect.stringContaining("is not an agent name"),
      hint: expect.stringContaining("without '..'"),
    }),
  );
});

test("the error shows nothing that a terminal obeys when the name is hostile", () => {
  expect(() => checkName(`a\u001b[2J\u009b31m\u202e${"x".repeat(500)}`)).toThrow(
    expect.objectContaining({
      rawMessage: expect.stringMatching(/^"a\\x1b\[2J\\x9b31m\\u202ex+…" is not a console name$/),
    }),
  );
});

test("whatever is a name is one file directly in its folder", () => {
  const near = fc.string({ unit: fc.constantFrom(..."aZ09._-/\\ \n%"), maxLength: 12 });
  fc.assert(
    fc.property(fc.oneof(near, fc.string()), (text) => {
      fc.pre(isConsoleName(text));
      expect(resolve("/logs", text)).toBe(`/logs/${text}`);
      expect(encodeURIComponent(text)).toBe(text);
      expect(isConsoleName(foldName(text))).toBe(true);
    }),
    { numRuns: 500 },
  );
});
