import { describe, expect, test } from "vitest";
import { formatLogLine } from "./log-line.ts";

const entry = {
  wallTimeMs: Date.UTC(2026, 6, 1, 10, 31, 7, 123),
  level: "warn",
  message: "link lost",
} as const;

describe("a log line as text", () => {
  test("has time, level, message and fields, in this order", () => {
    const line = formatLogLine({ ...entry, fields: { console: "n0001", attempt: 3, retry: true } }, "text");
    expect(line).toBe("2026-07-01T10:31:07.123Z warn  link lost console=n0001 attempt=3 retry=true");
  });

  test("quotes what would be read as two words, nothing, or another field", () => {
    const fields = { a: "two words", b: "", c: "x=1", d: 'say "hi"' };
    expect(formatLogLine({ ...entry, fields }, "text")).toMatch(
      / a="two words" b="" c="x=1" d="say \\"hi\\""$/,
    );
  });

  test("leaves out fields that are undefined", () => {
    expect(formatLogLine({ ...entry, fields: { cause: undefined } }, "text")).toMatch(/ link lost$/);
  });

  test("stays one harmless line when message and fields hold control characters", () => {
    const line = formatLogLine(
      { ...entry, message: "from\x1b[2J", fields: { banner: "a\nb\u202e", name: "\x9b1m" } },
      "text",
    );
    expect(line).toMatch(/ from\\x1b\[2J banner=a\\nb\\u202e name=\\x9b1m$/);
  });
});

describe("a log line as JSON", () => {
  test("keeps the types of fields and begins with time, level and message", () => {
    const line = formatLogLine({ ...entry, fields: { console: "n0001", attempt: 3, up: false } }, "json");
    expect(line.startsWith('{"time":"2026-07-01T10:31:07.123Z","level":"warn","message":"link lost"')).toBe(
      true,
    );
    expect(JSON.parse(line)).toMatchObject({ console: "n0001", attempt: 3, up: false });
  });

  test("is not fooled by a field that is named like a part of the line", () => {
    const line = formatLogLine({ ...entry, fields: { message: "forged", level: "debug", time: 0 } }, "json");
    expect(JSON.parse(line)).toEqual({
      time: "2026-07-01T10:31:07.123Z",
      level: "warn",
      message: "link lost",
    });
  });

  test("shows escapes for what JSON would let through to a terminal", () => {
    const line = formatLogLine({ ...entry, fields: { name: "\x9b2J\u202e\u2028\x7f" } }, "json");
    expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e\u2028]/u);
    expect(JSON.parse(line)).toHaveProperty("name", "\\x9b2J\\u202e\\u2028\\x7f");
  });
});
