import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fieldsOf, verifyAudit } from "@confed/trust/audit";
import fc from "fast-check";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { linesOf } from "../audit-files.ts";
import { ChainFile } from "./chain-file.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "confed-chain-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
});

const chainIn = (place = directory) => new ChainFile(place, { wallTimeMs: () => 0, begun: { host: "h" } });
const event = (number: number) =>
  fieldsOf({ event: "attach.start", subject: `user${number}` }, { wallTimeMs: 0, id: `run-${number}` });
const events = (from: number, count: number) => Array.from({ length: count }, (_, at) => event(from + at));
const files = (place = directory) => readdirSync(place).sort();
const verdict = (place = directory) =>
  verifyAudit(
    files(place).map((name) => ({ name, lines: linesOf(join(place, name)) })),
    [],
  );
const records = (place = directory) =>
  files(place)
    .flatMap((name) => [...linesOf(join(place, name))])
    .map((line) => JSON.parse(line) as { event: string; subject?: string; details?: { bytes?: number } });

test("a chain goes on where it was when it is opened again", () => {
  const first = chainIn();
  first.append(events(1, 3));
  first.close();
  const second = chainIn();
  second.append(events(4, 2));
  second.close();
  expect(second.end.seq).toBe(6);
  expect(verdict()).toMatchObject({ faults: [], records: 6 });
  expect(second.idsAtOpen).toEqual(["run-3", "run-2", "run-1"]);
});

test("a chain goes on in the next file when it is rotated, and without the oldest ones", () => {
  const chain = chainIn();
  for (const round of [0, 1, 2]) {
    chain.append(events(round * 10, 10));
    chain.rotate();
  }
  chain.close();
  expect(files()).toEqual([1, 12, 23, 34].map((seq) => `audit-${String(seq).padStart(16, "0")}.jsonl`));
  expect(verdict()).toMatchObject({ faults: [], records: 34, olderFilesGone: false });
  rmSync(join(directory, files()[0] ?? ""));
  expect(verdict()).toMatchObject({ faults: [], first: 12, olderFilesGone: true });
  const again = chainIn();
  again.append(events(90, 1));
  again.close();
  expect(verdict()).toMatchObject({ faults: [], records: 24 });
});

test("a torn end is cut off and said, wherever the crash tore it, twice", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.boolean(), (cut, zeros) => {
      const place = mkdtempSync(join(directory, "torn-"));
      for (const round of [1, 2]) {
        const chain = chainIn(place);
        chain.append(events(round * 100, 20));
        chain.close();
        const path = join(place, files(place).at(-1) ?? "");
        const whole = readFileSync(path);
        const end = Math.max(whole.indexOf("\n") + 1, whole.byteLength - cut);
        truncateSync(path, end);
        // What a file system that had the length, but not the bytes, shows after a power loss.
        if (zeros) appendFileSync(path, Buffer.alloc(300));
        const isTorn = zeros || whole[end - 1] !== 0x0a;
        const before = records0(path);
        const next = chainIn(place);
        next.append([event(9_000)]);
        next.close();
        const events_ = records(place).map((record) => record.event);
        expect(events_.slice(before)).toEqual([...(isTorn ? ["audit.healed"] : []), "attach.start"]);
        expect(verdict(place).faults).toEqual([]);
      }
    }),
    { numRuns: 60 },
  );
});

/** Whole records of the file. */
function records0(path: string): number {
  return [...linesOf(path)].filter((line) => line.startsWith("{")).length;
}

test("a file that holds nothing of ours is named, and left as evidence", () => {
  const path = join(directory, "audit-0000000000000001.jsonl");
  writeFileSync(path, "rm -rf /\n");
  expect(() => {
    chainIn().append(events(1, 1));
  }).toThrow(`${path} holds no record of an audit`);
  expect(readFileSync(path, "utf8")).toBe("rm -rf /\n");
});

test("a file that is removed while it is written is followed by another, and the hole is found", () => {
  const chain = chainIn();
  chain.append(events(1, 5));
  rmSync(join(directory, files()[0] ?? ""));
  chain.append(events(6, 2));
  chain.close();
  expect(verdict()).toMatchObject({ first: 7, end: { seq: 9 }, olderFilesGone: true, faults: [] });
});

test("a symbolic link is not followed", () => {
  const victim = join(directory, "victim");
  writeFileSync(victim, "");
  const place = mkdtempSync(join(directory, "linked-"));
  symlinkSync(victim, join(place, "audit-0000000000000001.jsonl"));
  expect(() => {
    chainIn(place).append(events(1, 1));
  }).toThrow("is a symbolic link, which is not followed");
  expect(readFileSync(victim, "utf8")).toBe("");
});
