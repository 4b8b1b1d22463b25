import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recordsOf } from "../backlogs.ts";
import { hasZstd, packFile } from "../keeper/packed-file.ts";
import { indexPathOf } from "../log-path.ts";
import { LogWriter } from "../writer/log-writer.ts";
import { verifyLog } from "./verify-log.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "confed-verify-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const stateDir = () => join(dir, "state");
const path = () => join(dir, "n1.log");
const index = () => indexPathOf(stateDir(), "n1");

/** Log `[offset, length]` each, close cleanly at `end`. Returns the rotated segments. */
function logged(pieces: readonly (readonly [number, number])[], end: number): string[] {
  const rotated: string[] = [];
  const writer = new LogWriter(
    { stateDir: stateDir(), pathTemplate: join(dir, "&.log"), mode: 0o640, rotate: { sizeBytes: 1_000 } },
    undefined,
    {
      wallTimeMs: () => 1,
      monotonicMs: () => 0,
      reply: () => undefined,
      onRotated: (segment) => rotated.push(segment),
    },
  );
  writer.do({ do: "open", consoles: [{ number: 1, name: "n1" }] });
  writer.do({ do: "begin", numbers: [1] });
  pieces.forEach(([offset, length], seq) => {
    writer.batch(seq, recordsOf(1, [{ offset, bytes: new Uint8Array(length).fill(65) }]));
  });
  writer.do({ do: "close", consoles: [{ number: 1, end }] });
  writer.end();
  return rotated;
}

/** Node has zstd from 22.15 on; where it has not, configuration refuses it. */
const PACKINGS = hasZstd ? (["gzip", "zstd"] as const) : (["gzip"] as const);

test.each(PACKINGS)(
  "a log with segments, packed by %s and not, and a gap that is explained, is proven",
  (packing) => {
    const [first = ""] = logged(
      [
        [0, 1_000],
        [1_000, 1_000],
        [2_000, 10],
        [2_050, 10],
      ],
      2_060,
    );
    packFile(first, packing);
    expect(verifyLog("n1", stateDir())).toMatchObject({
      ...{ from: 0, to: 2_060, bytes: 2_020, fileCount: 3, faults: [] },
      gaps: [{ from: 2_010, to: 2_050, lengthKnown: true, why: "log-stalled" }],
    });
  },
);

test("a console that never printed is proven, also once it is open, and closed", () => {
  const nothing = { bytes: 0, to: 0, fileCount: 0, gaps: [], faults: [] };
  expect(verifyLog("n1", stateDir())).toMatchObject({ logId: undefined, ...nothing });
  const position = { name: "n1", log: "00000000000000aa", off: 0, pos: 0, file: path() };
  const told = (end: number, clean: boolean) => new Map([["n1", { ...position, end, clean }]]);
  expect(verifyLog("n1", stateDir(), told(16_777_216, false))).toMatchObject(nothing);
  expect(verifyLog("n1", stateDir(), told(0, true))).toMatchObject(nothing);
  const rotated = `${path()}.${position.log}-0000000000000000`;
  for (const file of [path(), rotated, `${rotated}.gz`]) {
    writeFileSync(file, "something");
    expect(verifyLog("n1", stateDir(), told(16_777_216, false)).faults).toEqual(["the index is missing"]);
    rmSync(file);
  }
});

test("a log that was closed and whose files are all gone is not proven", () => {
  logged([[0, 10]], 10);
  rmSync(path());
  rmSync(index());
  expect(verifyLog("n1", stateDir()).faults).toContain("the index is missing");
});

test.each<[string, () => void, RegExp]>([
  ["shorter than it was", () => truncateSync(path(), 5), /^5 bytes from offset 1005 on are in no file/],
  ["gone", () => rmSync(path()), /^10 bytes from offset 1000 on are in no file/],
  ["of a damaged index", () => appendFileSync(index(), "00000000 {}\n"), /^1 lines of the index are damaged/],
  ["without an index", () => rmSync(index()), /^the index is missing/],
])("a log %s is not proven, and why is said", (_what, damage, why) => {
  logged(
    [
      [0, 1_000],
      [1_000, 10],
    ],
    1_010,
  );
  damage();
  const { faults } = verifyLog("n1", stateDir());
  expect(faults.some((fault) => why.test(fault))).toBe(true);
});

test.each(PACKINGS)("a segment packed by %s that was damaged is not proven, at whatever byte", (packing) => {
  const [segment = ""] = logged(
    [
      [0, 1_000],
      [1_000, 10],
    ],
    1_010,
  );
  const packed = packFile(segment, packing);
  const whole = readFileSync(packed);
  for (const at of [0, 13, 16, 22, whole.byteLength - 6, whole.byteLength - 2]) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x55;
    rmSync(packed);
    writeFileSync(packed, damaged);
    expect(verifyLog("n1", stateDir()).faults, `byte ${at}`).not.toEqual([]);
  }
});

/** Log a line at each of these times, with a clock that is set where the even one does not follow. */
function stampedAt(times: readonly number[], evenly: readonly number[]): void {
  let [wallMs, evenMs] = [0, 0];
  const writer = new LogWriter(
    { stateDir: stateDir(), pathTemplate: join(dir, "&.log"), mode: 0o640 },
    undefined,
    { wallTimeMs: () => wallMs, monotonicMs: () => evenMs, reply: () => undefined },
  );
  writer.do({ do: "open", consoles: [{ number: 1, name: "n1", stamped: true }] });
  writer.do({ do: "begin", numbers: [1] });
  times.forEach((ms, at) => {
    [wallMs, evenMs] = [ms, evenly[at] ?? 0];
    writer.batch(at, recordsOf(1, [{ offset: at * 3, bytes: Buffer.from("ab\n") }]));
  });
  writer.do({ do: "close", consoles: [{ number: 1, end: times.length * 3 }] });
  writer.end();
}

const DAY = Date.UTC(2026, 10, 21);

test("times that go back are proven where the clock was set, and nowhere else", () => {
  const faultsOf = (times: readonly number[], evenly: readonly number[]) => {
    rmSync(dir, { recursive: true });
    stampedAt(
      times.map((ms) => DAY + ms),
      evenly,
    );
    return verifyLog("n1", stateDir()).faults;
  };
  const evenly = [0, 1_000, 1_500, 2_000, 3_000, 4_000];
  expect(faultsOf([0, 1_000, 1_500, 2_000, 3_000, 4_000], evenly)).toEqual([]);
  expect(faultsOf([0, 1_000, -9e6, -9e6 + 500, -9e6 + 1_500, -9e6 + 2_500], evenly)).toEqual([]);
  expect(faultsOf([0, 9e6, 2_500, 3_000, 3_500, 4_500], evenly)).toEqual([]);
  // An even clock that jumps with the other: somebody else than the log writer wrote these times.
  const back = [0, 10_000, 20_000, 12_000, 13_000, 14_000];
  const faults = faultsOf(back, back);
  expect(faults).toHaveLength(2);
  expect(faults[0]).toBe(
    "the time of offset 9 is 8000 ms before that of offset 6, and nobody says that the clock was set",
  );
  expect(faults[1]).toMatch(
    /^byte 99 of .*n1\.log begins a line whose time is before that of the line before/,
  );
});
