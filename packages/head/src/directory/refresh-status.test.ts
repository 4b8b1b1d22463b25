import { type ConsoleStatusReceived, messageCodec } from "@confed/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { knownStatus } from "./known-status.ts";
import { refreshStatus } from "./refresh-status.ts";

const codec = messageCodec("ConsoleStatus");

const text = fc.constantFrom("", "tcp", "10.0.0.1:2001", "rack 4");
const detail = fc.option(fc.record({ code: fc.constantFrom("timeout", "unavailable"), message: text }));
/** Of few values each, so that two of them have much in common. */
const status = fc
  .record({
    name: fc.constant("n1"),
    state: fc.constantFrom("CONNECTED" as const, "WAITING" as const),
    cause: detail,
    sinceMs: fc.constantFrom(0, 7, 1_795_325_657_476),
    transport: text,
    target: text,
    labels: fc.dictionary(fc.constantFrom("rack", "row"), text),
    groups: fc.array(text, { maxLength: 2 }),
    onDemand: fc.boolean(),
    viewers: fc.array(fc.record({ sessionId: text, subject: text }), { maxLength: 2 }),
    end: fc.option(
      fc.record({ logId: fc.constantFrom("0123456789abcdef", "fedcba9876543210"), offset: fc.nat() }),
    ),
    lastOutputMs: fc.nat(),
    logPath: text,
    description: text,
    attempt: fc.nat(3),
    viewersUnlisted: fc.nat(3),
    logTrouble: detail,
    source: fc.constantFrom("FILE" as const, "HEAD" as const),
    link: text,
  })
  .map((said) => knownStatus(codec.decode(codec.encode(said)) as ConsoleStatusReceived, "sn01"));

test("a status that is refreshed says what was said last, and nothing of before", () => {
  fc.assert(
    fc.property(fc.array(status, { minLength: 2, maxLength: 5 }), ([known, ...rest]) => {
      for (const said of rest) {
        refreshStatus(known!, said);
        expect(known).toStrictEqual(said);
      }
    }),
  );
});

test("what is the same stays the object that it was", () => {
  fc.assert(
    fc.property(status, status, (known, said) => {
      const { labels, viewers } = known;
      refreshStatus(known, { ...said, labels: { ...labels }, viewers: viewers.map((each) => ({ ...each })) });
      expect(known.labels).toBe(labels);
      expect(known.viewers).toBe(viewers);
    }),
  );
});
