import { expect, test } from "vitest";
import { LineSplitter } from "./line-splitter.ts";
import { harmlessLine } from "./line-text.ts";

test("lines are the same however they arrive", () => {
  const output = Buffer.from("one\r\ntwo\n\nunfinished");
  for (let size = 1; size <= output.length; size++) {
    const splitter = new LineSplitter();
    const lines: string[] = [];
    for (let at = 0; at < output.length; at += size) {
      splitter.push(output.subarray(at, at + size), (line) => lines.push(Buffer.from(line).toString()));
    }
    expect(lines).toEqual(["one\r", "two", ""]);
    expect(Buffer.from(splitter.flush()).toString()).toBe("unfinished");
    expect(splitter.heldBytes).toBe(0);
  }
});

test("a line without an end is cut", () => {
  const splitter = new LineSplitter();
  let bytes = 0;
  for (let i = 0; i < 100; i++) splitter.push(Buffer.alloc(1_000), (line) => (bytes += line.length));
  expect(bytes + splitter.heldBytes).toBe(100_000);
  expect(splitter.heldBytes).toBeLessThan(9_000);
});

test.each([
  ["plain", "plain"],
  ["dots\r\r", "dots"],
  ["\x1b[0;32m OK \x1b[0m started", " OK  started"],
  ["\x1b]0;title\x07after", "after"],
  ["\x1bP+q544e\x1b\\after", "after"],
  ["\x1bktitle\x1b\\after", "after"],
  ["10%\r20%", "10%\\r20%"],
  ["a\tb\x07\x9b2J", "a\tb\\x07\\x9b2J"],
  ["evil\u202etxt", "evil\\u202etxt"],
  ["cut \x1b[3", "cut \\x1b[3"],
  ["grüße", "grüße"],
])("%j is shown as %j", (line, shown) => {
  expect(harmlessLine(Buffer.from(line))).toBe(shown);
});

test("bytes that are no UTF-8 do no harm", () => {
  expect(harmlessLine(Uint8Array.of(0x61, 0xff, 0x9b, 0x62))).toBe("a\ufffd\ufffdb");
});
