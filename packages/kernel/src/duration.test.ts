import { expect, test } from "vitest";
import { formatDuration, parseDurationMs } from "./duration.ts";
import { ConfedError } from "./errors.ts";

test.each([
  ["500ms", 500],
  ["20s", 20_000],
  ["5m", 300_000],
  ["2h", 7_200_000],
  ["7d", 604_800_000],
  ["0s", 0],
])("the duration %s is understood", (text, durationMs) => {
  expect(parseDurationMs(text)).toBe(durationMs);
});

test.each([
  "",
  "5",
  "s",
  "-1s",
  "1.5h",
  "5 m",
  "5M",
  "1h30m",
  "999999999999999d",
  "5s\n",
  "1e3s",
  "toString",
])("the duration %j is refused with its text and the forms that work", (text) => {
  expect(() => parseDurationMs(text)).toThrow(ConfedError);
  expect(() => parseDurationMs(text)).toThrow(
    expect.objectContaining({
      code: "invalid_argument",
      rawMessage: expect.stringContaining(text.trim()),
      hint: expect.stringContaining("500ms"),
    }),
  );
});

test.each([
  [-5, "0 ms"],
  [350.7, "350 ms"],
  [999.9, "999 ms"],
  [1_000, "1 s"],
  [21_900, "21 s"],
  [119_999, "119 s"],
  [120_000, "2 min"],
  [250_000, "4 min"],
  [7_199_999, "119 min"],
  [7_200_000, "2 h"],
  [172_799_999, "47 h"],
  [172_800_000, "2 d"],
])("%d ms are shown as %s", (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});
