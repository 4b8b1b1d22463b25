import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeIndex, encodeIndexRecord, type IndexRecord } from "./log-index.ts";
import { logMapOf, offsetSince, timeOf } from "./log-map.ts";

const seg = (off: number, pos: number, log = "a", file = "f"): IndexRecord => ({
  t: "seg",
  log,
  off,
  file,
  pos,
});
const at = (off: number, ms: number): IndexRecord => ({ t: "at", off, ms });
const gap = (off: number, to: number, log = "a"): IndexRecord => ({
  t: "gap",
  log,
  off,
  to,
  known: true,
  why: "log-stalled",
  ms: 1,
});

test("decoding gives back what was encoded, whatever lies between the lines", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(), fc.nat(), fc.string(), fc.string({ unit: "binary" }))),
      (rows) => {
        const records = rows.map(([off, ms, what, text]): IndexRecord => ({ t: "ev", off, ms, what, text }));
        const junk = rows.map((row) => row[2].replaceAll("\n", ""));
        const text = records.map((record, i) => `${encodeIndexRecord(record)}${junk[i] ?? ""}\n`).join("");
        expect(decodeIndex(text).records).toEqual(records);
      },
    ),
  );
});

test("a torn last line is passed over wherever it was torn", () => {
  const whole = encodeIndexRecord(at(1, 2));
  const torn = encodeIndexRecord(at(3, 4));
  for (let cut = 1; cut < torn.length - 1; cut++) {
    expect(decodeIndex(whole + torn.slice(0, cut))).toEqual({ records: [at(1, 2)], damagedCount: 1 });
  }
});

test("one flipped character loses one record, not its neighbours", () => {
  const text = [at(1, 1), at(2, 2), at(3, 3)].map(encodeIndexRecord).join("");
  const middle = text.indexOf('"off":2');
  const damaged = `${text.slice(0, middle + 6)}9${text.slice(middle + 7)}`;
  expect(decodeIndex(damaged)).toEqual({ records: [at(1, 1), at(3, 3)], damagedCount: 1 });
});

test("a record of a later version is passed over", () => {
  const later = { t: "new", x: 1 } as unknown as IndexRecord;
  expect(decodeIndex(encodeIndexRecord(later) + encodeIndexRecord(at(1, 1))).records).toEqual([at(1, 1)]);
});

test("stretches end at gaps and at the next segment", () => {
  const { stretches } = logMapOf([seg(0, 0), gap(100, 150), seg(150, 100)]);
  expect(stretches).toEqual([
    { file: "f", pos: 0, from: 0, to: 100, past: false },
    { file: "f", pos: 100, from: 150, to: Number.POSITIVE_INFINITY, past: false },
  ]);
});

test("bytes of a file that was truncated and written again are not taken for the old ones", () => {
  const { stretches } = logMapOf([seg(0, 0), seg(500, 0)]);
  expect(stretches).toEqual([{ file: "f", pos: 0, from: 500, to: Number.POSITIVE_INFINITY, past: false }]);
});

test("records of an older log id are left out", () => {
  const map = logMapOf([seg(0, 0, "old"), at(5, 5), gap(7, 9, "old"), seg(40, 40, "new"), at(41, 6)]);
  expect(map).toMatchObject({ logId: "new", gaps: [], times: [{ off: 41, ms: 6 }] });
});

test("what came behind the last mark is found by time while its own mark may be held", () => {
  const map = logMapOf([seg(0, 0), at(0, 10_000), at(50, 20_000)]);
  expect([offsetSince(map, 25_999), offsetSince(map, 26_000)]).toEqual([50, undefined]);
});

test("times are found by offset, offsets by time up to a second early", () => {
  const map = logMapOf([seg(0, 0), at(0, 10_000), at(50, 20_000), at(90, 30_000)]);
  expect([timeOf(map, 49), timeOf(map, 50), timeOf(map, 1e9)]).toEqual([10_000, 20_000, 30_000]);
  expect([
    offsetSince(map, 0),
    offsetSince(map, 20_999),
    offsetSince(map, 21_000),
    offsetSince(map, 40_000),
  ]).toEqual([0, 50, 90, undefined]);
});
