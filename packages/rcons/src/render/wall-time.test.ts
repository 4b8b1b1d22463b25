import { ConfedError } from "@confed/kernel";
import { expect, test } from "vitest";
import { parseWallTimeMs } from "./wall-time.ts";

const now = new Date(2026, 10, 21, 10, 31, 7).getTime();

test.each([
  ["10m", now - 600_000],
  ["2h", now - 7_200_000],
  ["10:30", new Date(2026, 10, 21, 10, 30).getTime()],
  ["10:32", new Date(2026, 10, 20, 10, 32).getTime()],
  ["9:05:30", new Date(2026, 10, 21, 9, 5, 30).getTime()],
  ["2026-11-20", new Date(2026, 10, 20).getTime()],
  ["2026-11-20 08:15", new Date(2026, 10, 20, 8, 15).getTime()],
  ["2026-11-20T08:15:00Z", Date.UTC(2026, 10, 20, 8, 15)],
])("%j is a time", (text, atMs) => {
  expect(parseWallTimeMs(text, now)).toBe(atMs);
});

test.each(["", "yesterday", "25:00", "10", "2026-13-40", "-5m"])("%j is refused", (text) => {
  expect(() => parseWallTimeMs(text, now)).toThrow(ConfedError);
});
