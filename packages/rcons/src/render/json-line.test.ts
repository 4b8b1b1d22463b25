import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonLine } from "./json-line.ts";

test("JSON means the same and holds nothing that a terminal obeys, whatever is in it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      const line = jsonLine({ text });
      expect(JSON.parse(line)).toEqual({ text });
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
  );
  expect(jsonLine({ name: "a\u009b2J\u202e\u{e0041}" })).toBe('{"name":"a\\u009b2J\\u202e\\udb40\\udc41"}');
});
