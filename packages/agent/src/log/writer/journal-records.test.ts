import type { IndexRecord } from "@confed/codecs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesHead, type Journaled, namedRecord, notedRecord, visitJournal } from "./journal-records.ts";

type Entry =
  | { readonly is: "named"; readonly number: number; readonly console: Journaled }
  | { readonly is: "bytes"; readonly number: number; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly is: "noted"; readonly number: number; readonly record: IndexRecord };

const number = fc.nat(0xffffffff);
const offset = fc.maxSafeNat();
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({
    is: fc.constant("named" as const),
    number,
    console: fc.record({ name: fc.string(), log: fc.string(), end: offset }, { noNullPrototype: true }),
  }),
  fc.record({ is: fc.constant("bytes" as const), number, offset, bytes: fc.uint8Array() }),
  fc.record({
    is: fc.constant("noted" as const),
    number,
    record: fc.record(
      { t: fc.constant("at" as const), off: offset, ms: fc.nat() },
      { noNullPrototype: true },
    ),
  }),
);

function encoded(entries: readonly Entry[]): readonly Buffer[] {
  return entries.map((each) => {
    if (each.is === "named") return Buffer.from(namedRecord(each.number, each.console));
    if (each.is === "noted") return Buffer.from(notedRecord(each.number, each.record));
    return Buffer.concat([bytesHead(each.number, each.offset, each.bytes), each.bytes]);
  });
}

function decoded(journal: Buffer): readonly Entry[] {
  const entries: Entry[] = [];
  visitJournal(journal, {
    named: (number, console) => entries.push({ is: "named", number, console }),
    bytes: (number, offset, bytes) =>
      entries.push({ is: "bytes", number, offset, bytes: Uint8Array.from(bytes) }),
    noted: (number, record) => entries.push({ is: "noted", number, record }),
  });
  return entries;
}

test("a journal that was torn anywhere gives back every record before that, and nothing else", () => {
  fc.assert(
    fc.property(fc.array(entry), fc.double({ min: 0, max: 1, noNaN: true }), (entries, part) => {
      const records = encoded(entries);
      const whole = Buffer.concat(records);
      const cut = Math.floor(whole.length * part);
      let end = 0;
      const wholeCount = records.filter(({ length }) => (end += length) <= cut).length;
      expect(decoded(whole.subarray(0, cut))).toEqual(entries.slice(0, wholeCount));
    }),
  );
});

test("a journal with a damaged byte ends before the record that it is in", () => {
  fc.assert(
    fc.property(
      fc.array(entry, { minLength: 1 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (entries, at, flip) => {
        const records = encoded(entries);
        const damaged = Buffer.concat(records);
        const place = at % damaged.length;
        damaged[place] = (damaged[place] ?? 0) ^ flip;
        let end = 0;
        const goodCount = records.filter(({ length }) => (end += length) <= place).length;
        expect(decoded(damaged)).toEqual(entries.slice(0, goodCount));
      },
    ),
  );
});
