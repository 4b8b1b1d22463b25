import fc from "fast-check";
import { expect, test } from "vitest";
import { QUOTED, QuotedDecoder, quoteBytes, quotedCommand } from "./quoted-bytes.ts";

function decode(...parts: readonly Uint8Array[]): readonly (string | number)[] {
  const decoder = new QuotedDecoder();
  const events: (string | number)[] = [];
  for (const part of parts) {
    for (const event of decoder.feed(part)) {
      if (event.type === "command") events.push(event.command);
      else {
        const text = Buffer.from(event.bytes).toString("latin1");
        const last = events.at(-1);
        if (typeof last === "string") events[events.length - 1] = last + text;
        else events.push(text);
      }
    }
  }
  return events;
}

test.each([
  ["a\xff\xffb", ["a\xffb"]],
  ["\xffZ\xffG", [QUOTED.suspend, QUOTED.goto]],
  ["a\xff.b", ["a", QUOTED.abort, "b"]],
  ["\xffq", ["q"]],
  ["\xff\xff\xff\xff", ["\xff\xff"]],
  ["\xff\xffE", ["\xffE"]],
  ["\xff", []],
])("the stream %j means %j", (text, events) => {
  expect(decode(Buffer.from(text, "latin1"))).toEqual(events);
});

test("what is quoted comes back whole, however it is split", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(120), fc.nat(120), (bytes, one, two) => {
      const sent = Buffer.concat([quoteBytes(bytes), quotedCommand(QUOTED.exec), quoteBytes(bytes)]);
      const [from, to] = [Math.min(one, two), Math.max(one, two)];
      const text = Buffer.from(bytes).toString("latin1");
      const whole = [text, QUOTED.exec, text].filter((each) => each !== "");
      expect(decode(sent.subarray(0, from), sent.subarray(from, to), sent.subarray(to))).toEqual(whole);
    }),
    { numRuns: 1_000 },
  );
});
