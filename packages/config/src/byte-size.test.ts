import fc from "fast-check";
import { expect, test } from "vitest";
import { parseByteSize } from "./byte-size.ts";

test("a size is a whole number and a unit of 1024", () => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 4 }), (count, power) => {
      expect(parseByteSize(`${count}${units[power]}`)).toBe(count * 1024 ** power);
    }),
  );
});

test.each(["", "64", "64MB", "64 MiB", "-1KiB", "1.5GiB", "1e3B", "999999999999999TiB", "MiB"])(
  "%j is no size",
  (text) => {
    expect(parseByteSize(text)).toBeUndefined();
  },
);
