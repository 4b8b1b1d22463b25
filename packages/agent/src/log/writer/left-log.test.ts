import { mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeIndex, logMapOf } from "@confed/codecs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recordsOf } from "../backlogs.ts";
import { LOG_LIMITS } from "../log-limits.ts";
import { indexPathOf } from "../log-path.ts";
import { readRange } from "../reader/read-range.ts";
import type { OpenLog, WriterReply } from "../writer-messages.ts";
import { getReady } from "./ahead.ts";
import { LogWriter } from "./log-writer.ts";
import { readPositions } from "./positions-file.ts";
import { letGo, outlivedBy } from "./predecessor.ts";

let dir: string;
let wallMs: number;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "confed-log-"));
  wallMs = 1_000_000;
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const log = () => join(dir, "n1.log");
const options = () => ({ stateDir: join(dir, "state"), pathTemplate: join(dir, "&.log"), mode: 0o640 });
const position = () => readPositions(join(dir, "state")).get("n1");
const index = () => decodeIndex(readFileSync(indexPathOf(join(dir, "state"), "n1"), "utf8")).records;
const source = (from: number, to: number) =>
  Uint8Array.from({ length: to - from }, (_, i) => (from + i) % 251);

const ready = () =>
  getReady(options(), undefined, { logs: [{ name: "n1" }, { name: "never-seen" }], nowMs: wallMs });

/** A writer in this process; `ahead`: what it got ready before. */
function writer(ahead?: ReturnType<typeof ready>) {
  const replies: WriterReply[] = [];
  const made = new LogWriter(options(), undefined, {
    wallTimeMs: () => (wallMs += 10),
    monotonicMs: () => wallMs,
    reply: (reply) => replies.push(reply),
    ahead,
  });
  let seq = 0;
  const open = (how: Omit<OpenLog, "number" | "name"> = {}) => {
    made.do({ do: "open", consoles: [{ number: 1, name: "n1", ...how }] });
    made.do({ do: "begin", numbers: [1] });
    const opened = replies.findLast((reply) => reply.tell === "opened")?.logs[0];
    if (opened === undefined) throw new Error(`not opened: ${JSON.stringify(replies)}`);
    return opened;
  };
  return {
    open,
    append(from: number, to: number) {
      made.batch((seq += 1), recordsOf(1, [{ offset: from, bytes: source(from, to) }]));
      expect(replies.at(-1)).toEqual({ tell: "ack", seq });
    },
    /** Resolves with what was closed all the same. */
    leave(end: number) {
      made.do({ do: "close", consoles: [{ number: 1, end }], leave: true });
      return replies.findLast((reply) => reply.tell === "closed")?.positions;
    },
    kill() {
      made.end();
    },
  };
}

/** What of [0, end) can be read, held against what was printed; and the gaps. */
function read(end: number) {
  const { pieces, chunks, next } = readRange(logMapOf(index()), { from: 0, to: end, bytesMax: 1e9 });
  expect(next).toBe(end);
  const gaps: (readonly [from: number, to: number])[] = [];
  const left = [...chunks];
  for (const piece of pieces) {
    if (piece.is === "gap") gaps.push([piece.gap.off, piece.gap.to]);
    else
      expect(Buffer.from(left.shift() ?? [])).toEqual(
        Buffer.from(source(piece.off, piece.off + piece.length)),
      );
  }
  return gaps;
}

test("a log that is left is gone on with: nothing is written down for it, nothing is lost, and twice over", () => {
  let { logId } = { logId: "" };
  let old = writer();
  ({ logId } = old.open());
  old.append(0, 100);
  for (let end = 150; end <= 250; end += 100) {
    const ahead = ready();
    old.append(end - 50, end);
    const before = position();
    expect(old.leave(end)).toEqual([]);
    const next = writer(ahead);
    expect(next.open({ left: { logId, offset: end } })).toMatchObject({
      ...{ logId, offset: end },
      reservedEnd: before?.end,
    });
    next.append(end, end + 50);
    expect(position()).toEqual(before);
    old.kill();
    old = next;
  }
  old.kill();
  expect(read(300)).toEqual([]);
  expect(index().filter(({ t }) => t === "seg")).toHaveLength(1);
});

test.each(["before anybody goes on", "when the next has opened it", "when the next has written to it"])(
  "a kill %s shows as a gap behind what is there, and no offset is used twice",
  (moment) => {
    const old = writer();
    const { logId, reservedEnd } = old.open();
    const ahead = ready();
    old.append(0, 150);
    old.leave(150);
    let end = 150;
    if (moment !== "before anybody goes on") {
      const next = writer(ahead);
      next.open({ left: { logId, offset: 150 } });
      if (moment === "when the next has written to it") next.append(150, (end = 200));
      next.kill();
    }
    const { offset } = writer().open();
    expect(offset).toBe(reservedEnd);
    expect(read(offset)).toEqual([[end, reservedEnd]]);
  },
);

test("an agent that goes on itself after all has its log as after the death of a writer", () => {
  const old = writer();
  const { logId } = old.open();
  old.append(0, 150);
  old.leave(150);
  const again = writer();
  again.open({ resume: { logId, offset: 150 } });
  again.append(150, 200);
  expect(read(200)).toEqual([]);
});

test.each(["renamed", "truncated", "replaced"] as const)(
  "a file that is %s between two writers costs what others took away, and no number is wrong",
  (what) => {
    const old = writer();
    const { logId } = old.open();
    const ahead = ready();
    old.append(0, 150);
    old.leave(150);
    if (what === "truncated") truncateSync(log());
    else renameSync(log(), `${log()}.1`);
    if (what === "replaced") writeFileSync(log(), "not ours\n");
    const next = writer(ahead);
    next.open({ left: { logId, offset: 150 } });
    next.append(150, 200);
    // Whoever looks later sees it at the latest then.
    wallMs += 10_000;
    next.append(200, 250);
    next.append(250, 300);
    next.kill();
    const { pieces, chunks } = readRange(logMapOf(index()), { from: 200, to: 300, bytesMax: 1e9 });
    expect(pieces.every(({ is }) => is !== "gap")).toBe(true);
    expect(Buffer.concat(chunks)).toEqual(Buffer.from(source(200, 300)));
  },
);

test("what cannot be left as it is, is closed: a log that nothing was written to, and one behind a gap", () => {
  const silent = writer();
  silent.open();
  expect(silent.leave(0)).toMatchObject([{ name: "n1", clean: true, end: 0 }]);
  const behind = writer();
  behind.open();
  behind.append(0, 10);
  expect(behind.leave(20)).toMatchObject([{ name: "n1", clean: true, end: 20 }]);
  expect(writer().open()).toMatchObject({ offset: 20 });
});

test("where a log was left counts for that log alone, and no further than was reserved", () => {
  const old = writer();
  const { logId, reservedEnd } = old.open();
  old.append(0, 150);
  old.leave(150);
  for (const left of [
    { logId: "another", offset: 150 },
    { logId, offset: 10 * reservedEnd + 1 },
  ])
    expect(writer().open({ left }).offset % LOG_LIMITS.reservationBytes).toBe(0);
});

test("a writer that has let go is not waited for, though it still runs", () => {
  const stateDir = join(dir, "state");
  expect(outlivedBy(stateDir, { pid: process.pid, waitMs: 0 })).toBe(false);
  expect(outlivedBy(stateDir, { pid: process.pid, waitMs: 0 })).toBe(true);
  letGo(stateDir);
  expect(outlivedBy(stateDir, { pid: process.pid, waitMs: 0 })).toBe(false);
});
