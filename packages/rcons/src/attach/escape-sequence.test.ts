import { ConfedError } from "@confed/kernel";
import { expect, test } from "vitest";
import { formatEscape, formatKey, parseEscape } from "./escape-sequence.ts";

test.each([
  ["^Ec", 0x05, 0x63, "^Ec"],
  ["^ec", 0x05, 0x63, "^Ec"],
  ["^]x", 0x1d, 0x78, "^]x"],
  ["\\005c", 0x05, 0x63, "^Ec"],
  ["\\377\\000", 0xff, 0x00, "\\xff^@"],
  ["^?.", 0x7f, 0x2e, "^?."],
  ["ab", 0x61, 0x62, "ab"],
  ["\\^\\\\", 0x5e, 0x5c, "^\\"],
])("the escape %j is %d %d", (text, first, second, shown) => {
  const escape = parseEscape(text);
  expect(escape).toEqual({ first, second });
  expect(formatEscape(escape!)).toBe(shown);
});

test("none is no escape", () => {
  expect(parseEscape("none")).toBeUndefined();
});

test.each(["", "^", "^E", "abc", "\\9", "\\05c", "é!"])("%j is refused with a hint", (text) => {
  let error: unknown;
  try {
    parseEscape(text);
  } catch (reason) {
    error = reason;
  }
  expect(error).toBeInstanceOf(ConfedError);
  expect(error).toMatchObject({ code: "invalid_argument" });
});

test("a key above ASCII is named by its code", () => {
  expect(formatKey(0xe4)).toBe("\\xe4");
});
