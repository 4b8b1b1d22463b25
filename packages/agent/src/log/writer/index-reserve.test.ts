import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GapRecord } from "@confed/codecs";
import { FakeClock } from "@confed/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recordsOf } from "../backlogs.ts";
import { indexPathOf } from "../log-path.ts";
import { LogMaps } from "../reader/log-maps.ts";
import { readRange } from "../reader/read-range.ts";
import { verifyLog } from "../reader/verify-log.ts";
import type { WriterReply } from "../writer-messages.ts";
import { IndexReserve, reservedLines, reservePathOf } from "./index-reserve.ts";
import { LogWriter } from "./log-writer.ts";

let dir: string;
let unmount: () => unknown = () => undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "confed-reserve-"));
});
afterEach(() => {
  unmount();
  unmount = () => undefined;
  rmSync(dir, { recursive: true });
});

const gap = (off: number): GapRecord => ({
  t: "gap",
  log: "a",
  off,
  to: off + 1,
  known: true,
  why: "log-stalled",
  ms: 1,
});
const path = () => reservePathOf(dir);
const kept = (name: string) => reservedLines(dir, name, "");

test("what is kept outlives the writer, and nothing of it is left when it was released", () => {
  const reserve = new IndexReserve(path());
  const { blocks, size } = statSync(path());
  // There before it is needed.
  expect(blocks * 512).toBeGreaterThanOrEqual(1024 * 1024);
  expect(kept("n1")).toBe("");
  for (const _round of [1, 2]) {
    expect(reserve.keep("n1", gap(1))).toBe(true);
    expect(reserve.keep("n2", gap(2))).toBe(true);
    const takeBack = reserve.savepoint("n1");
    reserve.keep("n1", gap(3));
    takeBack();
    const successor = new IndexReserve(path());
    expect(successor.names()).toEqual(["n1", "n2"]);
    expect(kept("n1")).toBe(reserve.linesOf("n1"));
    expect(kept("n1").match(/"off":1,/g)).toHaveLength(1);
    expect(kept("n1")).not.toContain('"off":3');
    successor.close();
    reserve.release("n1");
    expect([kept("n1"), kept("n2") === ""]).toEqual(["", false]);
    reserve.release("n2");
    expect(readFileSync(path(), "utf8").trimEnd()).toBe("");
  }
  expect(statSync(path()).size).toBe(size);
  reserve.close();
});

test("a reserve without room says so, and has it again when it is empty", () => {
  const reserve = new IndexReserve(path());
  for (const _round of [1, 2]) {
    let count = 0;
    while (reserve.keep("n1", gap(1_000_000 + count))) count += 1;
    expect(count).toBeGreaterThan(5_000);
    expect(kept("n1").split("\n")).toHaveLength(count + 1);
    reserve.release("n1");
    expect(kept("n1")).toBe("");
  }
  reserve.close();
});

test("gaps and segments behind them are kept while the disk with the indexes is full, also over a kill, twice", (context) => {
  const state = join(dir, "state");
  mkdirSync(state);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "none", state], { stdio: "ignore" });
  } catch {
    return context.skip("no file system can be mounted here");
  }
  unmount = () => execFileSync("umount", ["-l", state]);
  const said: string[] = [];
  let nowMs = 0;
  const start = () =>
    new LogWriter({ stateDir: state, pathTemplate: join(dir, "&.log"), mode: 0o640 }, undefined, {
      wallTimeMs: () => nowMs,
      monotonicMs: () => nowMs,
      reply: (reply) => replies.push(reply),
      onTrouble: (text) => said.push(text),
      clock: new FakeClock(),
    });
  const replies: WriterReply[] = [];
  let writer = start();
  const open = { number: 1, name: "n1" };
  writer.do({ do: "open", consoles: [open] });
  writer.do({ do: "begin", numbers: [1] });
  const [opened] = replies.flatMap((reply) => (reply.tell === "opened" ? reply.logs : []));
  const logId = opened?.logId ?? "";
  const gaps: [number, number][] = [];
  const bytesAt = (from: number, to: number) =>
    Buffer.from(Uint8Array.from({ length: to - from }, (_, i) => (from + i) % 251));
  let next = 0;
  const print = (length: number) => {
    writer.batch(0, recordsOf(1, [{ offset: next, bytes: bytesAt(next, next + length) }]));
    expect(replies.at(-1)).toEqual({ tell: "ack", seq: 0 });
    next += length;
    nowMs += 10_000;
  };
  const expectExact = () => {
    const map = new LogMaps(state).get({ name: "n1", logId });
    let at = 0;
    const found: [number, number][] = [];
    const { pieces, chunks } = readRange(map, { from: 0, to: next, bytesMax: 1e9 });
    const left = [...chunks];
    for (const piece of pieces) {
      if (piece.is === "gap") found.push([piece.gap.off, piece.gap.to]);
      else expect(Buffer.from(left.shift() ?? []).equals(bytesAt(at, at + piece.length))).toBe(true);
      at = piece.is === "gap" ? piece.gap.to : at + piece.length;
    }
    expect([at, found]).toEqual([next, gaps]);
    expect(verifyLog("n1", state).faults).toEqual([]);
  };
  print(100);
  for (const round of [1, 2]) {
    const filler = join(state, "filler");
    fillUp(filler, indexPathOf(state, "n1"));
    const before = readFileSync(indexPathOf(state, "n1"));
    for (const lost of [7, 8]) {
      gaps.push([next, next + lost]);
      next += lost;
      print(50);
      expectExact();
    }
    // Nothing of it is in the index, and nothing is lost by whoever comes next without a word.
    expect(readFileSync(indexPathOf(state, "n1")).equals(before)).toBe(true);
    expect(said.filter((text) => text.includes("no space left on device"))).toHaveLength(round);
    writer = start();
    expectExact();
    writer.do({ do: "open", consoles: [{ ...open, resume: { logId, offset: next } }] });
    rmSync(filler);
    writer.do({ do: "open", consoles: [{ ...open, resume: { logId, offset: next }, behind: false }] });
    print(50);
    expect(reservedLines(state, "n1", "")).toBe("");
    expectExact();
    said.length = round;
  }
  writer.end();
});

/** Fill a file system to its last byte, the last block of this file included. */
function fillUp(path: string, last: string): void {
  const blockBytes = 4_096;
  appendFileSync(last, "\n".repeat(blockBytes - (statSync(last).size % blockBytes)));
  const { bavail, bsize } = statfsSync(path.replace(/[^/]*$/, ""));
  writeFileSync(path, Buffer.alloc(bavail * bsize));
}
