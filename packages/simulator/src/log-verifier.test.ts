import { describe, expect, it } from "vitest";
import { describeLogReport } from "./log-report.ts";
import { type LogExpectation, LogVerifier, verifyLog } from "./log-verifier.ts";
import { lineMaker, lineMarker } from "./numbered-line.ts";
import type { SentEnd } from "./sent-record.ts";

const LINE_BYTES = 80;

const line = (seq: number, name = "n0001"): Buffer => lineMaker(LINE_BYTES).make(lineMarker(name), seq);
const lines = (from: number, to: number): Buffer[] =>
  Array.from({ length: to - from + 1 }, (_, i) => line(from + i));
const cut = (seq: number, bytes: number): Buffer => line(seq).subarray(0, bytes);

/** What was sent: one connection for each `[lastSeq, ended]`. */
function sent(...connections: readonly (readonly [number, SentEnd])[]): LogExpectation {
  let firstSeq = 1;
  return {
    console: "n0001",
    lineBytes: LINE_BYTES,
    connections: connections.map(([lastSeq, ended]) => {
      const record = { firstSeq, lastSeq, ended };
      firstSeq = lastSeq + 1;
      return record;
    }),
  };
}

const verify = (log: readonly Uint8Array[], expected: LogExpectation, options = {}) =>
  verifyLog(Buffer.concat(log), expected, options);

describe("verifyLog", () => {
  it("finds nothing wrong with a log of every line once", async () => {
    const report = await verify(lines(1, 100), sent([40, "flushed"], [100, "open"]));
    expect(report).toMatchObject({ exact: true, lines: 100, bytes: 8000, missing: [], excused: [] });
    expect(describeLogReport(report)).toBe("n0001: exact, 100 lines, 8000 bytes");
  });

  it("names the lines that are lost", async () => {
    const report = await verify([...lines(1, 3), ...lines(6, 9), line(11)], sent([12, "flushed"]));
    expect(report).toMatchObject({
      exact: false,
      missing: [
        { from: 4, to: 5 },
        { from: 10, to: 10 },
        { from: 12, to: 12 },
      ],
    });
    expect(describeLogReport(report)).toContain("missing 4: 4-5, 10, 12");
  });

  it("names the lines that are there twice", async () => {
    const report = await verify([...lines(1, 5), ...lines(4, 7)], sent([7, "open"]));
    expect(report).toMatchObject({ exact: false, duplicated: [{ from: 4, to: 5 }], missing: [], lines: 9 });
  });

  it("names lines in the wrong order", async () => {
    const report = await verify([line(1), line(3), line(2), line(4)], sent([4, "open"]));
    expect(report).toMatchObject({
      exact: false,
      missing: [],
      outOfOrder: [{ offset: 160, seq: 2, after: 3 }],
    });
  });

  it("finds a changed byte, and its way again behind it", async () => {
    const damaged = line(2);
    damaged[40] = 0;
    const report = await verify([line(1), damaged, line(3)], sent([3, "open"]));
    expect(report).toMatchObject({ exact: false, lines: 2, missing: [{ from: 2, to: 2 }] });
    expect(report.corrupted).toMatchObject([{ offset: 80, bytes: 80 }]);
  });

  it("finds bytes cut out of a line", async () => {
    const report = await verify([line(1), cut(2, 30), line(3)], sent([3, "open"]));
    expect(report).toMatchObject({ exact: false, missing: [{ from: 2, to: 2 }], cutShort: 0 });
    expect(report.corrupted).toMatchObject([{ offset: 80, bytes: 30 }]);
  });

  it("finds a lost line end", async () => {
    const report = await verify([cut(1, 78), line(2)], sent([2, "open"]));
    expect(report).toMatchObject({ exact: false, lines: 2, corrupted: [{ offset: 78 }] });
  });

  it("finds the output of another console, unless foreign bytes are allowed", async () => {
    const log = [line(1), line(1, "n0002"), line(2)];
    expect(await verify(log, sent([2, "open"]))).toMatchObject({ exact: false, foreignBytes: 80 });
    expect(await verify(log, sent([2, "open"]), { foreign: "allowed" })).toMatchObject({ exact: true });
  });

  it("finds lines that were never sent", async () => {
    expect(await verify(lines(1, 4), sent([3, "open"]))).toMatchObject({
      exact: false,
      unsent: [{ from: 4, to: 4 }],
    });
  });

  it("excuses the end of a connection that broke, its half line too, but no hole before it", async () => {
    const broken = sent([5, "reset"], [8, "flushed"]);
    expect(await verify([...lines(1, 3), cut(4, 50), ...lines(6, 8)], broken)).toMatchObject({
      exact: true,
      excused: [{ from: 4, to: 5 }],
      cutShort: 1,
      corrupted: [],
    });
    expect(await verify([line(1), line(3), ...lines(6, 8)], broken)).toMatchObject({
      exact: false,
      missing: [{ from: 2, to: 2 }],
      excused: [{ from: 4, to: 5 }],
    });
  });

  it("does not excuse the end of a connection that was hung up in order", async () => {
    const report = await verify([...lines(1, 3), ...lines(6, 8)], sent([5, "flushed"], [8, "flushed"]));
    expect(report).toMatchObject({ exact: false, missing: [{ from: 4, to: 5 }] });
  });

  it("excuses what is lost at a gap that was owned up to, and only there", async () => {
    const log = [...lines(1, 3), cut(4, 11), ...lines(7, 8), line(10)];
    const report = await verify(log, sent([10, "open"]), { gapsAtBytes: [251] });
    expect(report).toMatchObject({
      exact: false,
      missing: [{ from: 9, to: 9 }],
      excused: [{ from: 4, to: 6 }],
      cutShort: 1,
    });
    const elsewhere = await verify([...lines(1, 3), ...lines(7, 10)], sent([10, "open"]), {
      gapsAtBytes: [200, 400],
    });
    expect(elsewhere).toMatchObject({ exact: false, missing: [{ from: 4, to: 6 }], excused: [] });
    const atEnd = await verify(lines(1, 3), sent([5, "open"]), { gapsAtBytes: [240] });
    expect(atEnd).toMatchObject({ exact: true, excused: [{ from: 4, to: 5 }] });
  });

  it("takes a piece of a line at either end for what it is, its line for not there", async () => {
    const log = [line(1).subarray(33), ...lines(2, 3), cut(4, 20)];
    expect(await verify(log, sent([4, "open"]))).toMatchObject({
      exact: false,
      partialFirstBytes: 47,
      partialLastBytes: 20,
      corrupted: [],
      missing: [
        { from: 1, to: 1 },
        { from: 4, to: 4 },
      ],
    });
  });

  it("says the same however the log is cut into pieces", async () => {
    const damaged = line(3);
    damaged[5] = 7;
    const expected = sent([6, "peer"], [9, "open"]);
    const log = Buffer.concat([
      line(1),
      damaged,
      Buffer.from("echo\r\n"),
      line(4),
      cut(5, 9),
      line(8),
      line(8),
      line(7),
    ]);
    const whole = await verifyLog(log, expected);
    expect(whole.exact).toBe(false);
    for (let i = 0; i <= log.length; i += 1) {
      const verifier = new LogVerifier(expected);
      verifier.push(log.subarray(0, i));
      verifier.push(log.subarray(i));
      expect(verifier.finish()).toEqual(whole);
    }
    const verifier = new LogVerifier(expected);
    for (const byte of log) verifier.push(Uint8Array.of(byte));
    expect(verifier.finish()).toEqual(whole);
  });
});
