import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHAIN_START, type ChainEnd, chained } from "./chain.ts";
import { checkpointFields, keyIdOf } from "./checkpoint.ts";
import type { AuditEvent } from "./event.ts";
import { fieldsOf } from "./record.ts";
import { type AuditVerdict, verifyAudit } from "./verify.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");

const written = (event: AuditEvent) => fieldsOf(event, { wallTimeMs: 1_700_000_000_000, id: "r-1" });

function append(before: ChainEnd, event: AuditEvent, lines: string[]): ChainEnd {
  const { line, end } = chained(before, written(event));
  lines.push(line);
  return end;
}

/** A chain of `count` events behind its beginning, a checkpoint behind every tenth and at its end. */
function chainOf(count: number): string[] {
  const lines: string[] = [];
  let end = append(CHAIN_START, { event: "audit.begun", details: { previous: CHAIN_START.hash } }, lines);
  for (let at = 1; at <= count; at += 1) {
    end = append(end, { event: "attach.start", subject: `user${at}`, console: "n1" }, lines);
    if (at % 10 === 0 || at === count)
      end = append(end, { event: "audit.checkpoint", details: checkpointFields(end, privateKey) }, lines);
  }
  return lines;
}

const CHAIN = chainOf(45);
const verify = (lines: readonly string[], name = "a"): AuditVerdict =>
  verifyAudit([{ name, lines }], [publicKey]);
const faultyLines = (lines: readonly string[]) => verify(lines).faults.map(({ line }) => line);
/** Lines are counted from 1. */
const anyIndex = fc.nat(CHAIN.length - 1);
const anyInner = fc.integer({ min: 1, max: CHAIN.length - 2 });

test("a chain is proven when nothing was done to it", () => {
  expect(verify(CHAIN)).toEqual({
    records: CHAIN.length,
    first: 1,
    end: { seq: CHAIN.length, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    checkpoints: 5,
    unsigned: 0,
    keys: [keyIdOf(publicKey)],
    faults: [],
    faultCount: 0,
    olderFilesGone: false,
  });
});

test("a chain over several files is proven, also when the oldest were taken away", () => {
  const second = [...CHAIN];
  const last = verify(CHAIN).end;
  const rest: string[] = [];
  const begun = append(last, { event: "audit.begun", details: { previous: last.hash } }, rest);
  append(begun, { event: "process.stop" }, rest);
  const both = verifyAudit(
    [
      { name: "a", lines: second },
      { name: "b", lines: rest },
    ],
    [publicKey],
  );
  expect(both.faults).toEqual([]);
  expect(both.records).toBe(CHAIN.length + 2);
  expect(verify(rest, "b")).toMatchObject({ faults: [], olderFilesGone: true, first: last.seq + 1 });
  const hole = verifyAudit(
    [
      { name: "a", lines: second.slice(0, -1) },
      { name: "b", lines: rest },
    ],
    [publicKey],
  );
  expect(hole.faults).toEqual([
    { file: "b", line: 1, what: `record ${last.seq} is missing before this line` },
  ]);
});

describe("whoever changes a chain is found", () => {
  test("by the line whose byte was changed", () => {
    fc.assert(
      fc.property(anyIndex, fc.nat(), fc.integer({ min: 1, max: 255 }), (index, at, change) => {
        const lines = [...CHAIN];
        const bytes = Buffer.from(lines[index] ?? "");
        const position = at % bytes.byteLength;
        bytes[position] = (bytes[position] ?? 0) ^ change;
        lines[index] = bytes.toString("latin1");
        expect(faultyLines(lines)).toContain(index + 1);
      }),
    );
  });

  test("by the line behind what was removed", () => {
    fc.assert(
      fc.property(anyInner, fc.integer({ min: 1, max: 5 }), (index, count) => {
        const lines = [...CHAIN];
        lines.splice(index, Math.min(count, lines.length - index - 1));
        expect(faultyLines(lines)).toContain(index + 1);
      }),
    );
  });

  test("by the first of lines that changed places", () => {
    fc.assert(
      fc.property(anyIndex, anyIndex, (a, b) => {
        fc.pre(a !== b);
        const [first, second] = [Math.min(a, b), Math.max(a, b)];
        const lines = [...CHAIN];
        [lines[first], lines[second]] = [CHAIN[second] ?? "", CHAIN[first] ?? ""];
        expect(faultyLines(lines)).toContain(first + 1);
      }),
    );
  });

  test("by the line that bytes cut out of the middle left behind", () => {
    const text = `${CHAIN.join("\n")}\n`;
    fc.assert(
      fc.property(fc.nat(text.length - 2), fc.integer({ min: 1, max: 2_000 }), (from, length) => {
        const to = from + length;
        fc.pre(to < text.length - (CHAIN.at(-1)?.length ?? 0) - 1);
        const lines = (text.slice(0, from) + text.slice(to)).split("\n").slice(0, -1);
        const line = text.slice(0, from).split("\n").length;
        expect(faultyLines(lines)).toContain(line);
      }),
    );
  });

  test("by a record that was put in, or doubled", () => {
    fc.assert(
      fc.property(anyInner, anyIndex, (at, which) => {
        const lines = CHAIN.toSpliced(at, 0, CHAIN[which] ?? "");
        expect(verify(lines).faultCount).toBeGreaterThan(0);
        const line = faultyLines(lines)[0] ?? 0;
        expect(line - 1).toBeGreaterThanOrEqual(at);
        expect(line - 1).toBeLessThanOrEqual(at + 1);
      }),
    );
  });

  test("by the next checkpoint when everything behind was hashed anew", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 44 }), (victim) => {
        const lines: string[] = [];
        let end = CHAIN_START;
        let firstBehind = 0;
        for (const [index, line] of CHAIN.entries()) {
          const fields = line.slice(line.indexOf(",") + 1, line.lastIndexOf(',"hash"'));
          const isVictim = fields.includes(`"user${victim}"`);
          const forged = chained(end, isVictim ? fields.replace(`"user${victim}"`, '"mallory"') : fields);
          if (isVictim)
            firstBehind = CHAIN.findIndex((each, at) => at > index && each.includes("audit.checkpoint"));
          lines.push(forged.line);
          end = forged.end;
        }
        expect(faultyLines(lines)[0]).toBe(firstBehind + 1);
      }),
    );
  });

  test("by its key when somebody else signed", () => {
    const other = generateKeyPairSync("ed25519");
    const verdict = verifyAudit([{ name: "a", lines: CHAIN }], [other.publicKey]);
    expect(verdict.checkpoints).toBe(0);
    expect(verdict.faults[0]?.what).toContain("signed by a key that is not known: SHA256:");
  });
});

test("a file of something else is one fault a line, at most a hundred", () => {
  const verdict = verify(Array.from({ length: 250 }, () => "root:x:0:0"));
  expect(verdict.faultCount).toBe(250);
  expect(verdict.faults).toHaveLength(100);
  expect(verify([]).faults).toEqual([{ file: "a", line: 0, what: "the file is empty" }]);
});
