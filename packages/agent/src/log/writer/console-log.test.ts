import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeIndex, type GapRecord, type LogMap, logMapOf } from "@confed/codecs";
import { memoryFolder } from "@confed/testkit";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recordsOf } from "../backlogs.ts";
import { indexPathOf } from "../log-path.ts";
import { readRange } from "../reader/read-range.ts";
import type { OpenedLog, WriterReply } from "../writer-messages.ts";
import { LogWriter } from "./log-writer.ts";

let dir: string;
beforeEach(() => {
  dir = memoryFolder("confed-log-");
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const source = (from: number, to: number) =>
  Uint8Array.from({ length: to - from }, (_, i) => (from + i) % 251);

/** A writer in this process, with what it replied. */
function writer() {
  const replies: WriterReply[] = [];
  let wallMs = 1_000_000;
  const made = new LogWriter(
    { stateDir: join(dir, "state"), pathTemplate: join(dir, "&.log"), mode: 0o640 },
    undefined,
    {
      wallTimeMs: () => (wallMs += 10),
      monotonicMs: () => wallMs,
      reply: (reply) => replies.push(reply),
    },
  );
  const open = (resume?: { readonly logId: string; readonly offset: number }): OpenedLog => {
    made.do({
      do: "open",
      consoles: [resume === undefined ? { number: 1, name: "n1" } : { number: 1, name: "n1", resume }],
    });
    const opened = replies.findLast((reply) => reply.tell === "opened")?.logs[0];
    made.do({ do: "begin", numbers: [1] });
    if (opened === undefined) throw new Error(`not opened: ${JSON.stringify(replies)}`);
    return opened;
  };
  let seq = 0;
  const append = (offset: number, bytes: Uint8Array) => {
    made.batch((seq += 1), recordsOf(1, [{ offset, bytes }]));
  };
  const again = (offset: number, bytes: Uint8Array, final: boolean) => {
    made.again((seq += 1), recordsOf(1, [{ offset, bytes }]), { number: 1, final });
  };
  const close = (end: number) => {
    made.do({ do: "close", consoles: [{ number: 1, end }] });
    made.end();
  };
  const reopen = () => {
    made.do({ do: "reopen" });
  };
  const reserve = () => {
    made.do({ do: "reserve", numbers: [1] });
  };
  const kill = () => {
    made.end();
  };
  return { open, append, again, close, reopen, reserve, replies, kill };
}

const map = (): LogMap =>
  logMapOf(decodeIndex(readFileSync(indexPathOf(join(dir, "state"), "n1"), "utf8")).records);
const read = (from: number, to: number) => readRange(map(), { from, to, bytesMax: 1e9 });
const gapsOf = (pieces: readonly { readonly is: string; readonly gap?: GapRecord }[]) =>
  pieces.flatMap(({ gap }) => (gap === undefined ? [] : [[gap.off, gap.to, gap.known, gap.why]]));

test("whatever comes twice, overlaps or is missing, every offset is read once, as its byte or in a gap", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 1, max: 60 })), {
        maxLength: 30,
      }),
      (moves) => {
        rmSync(dir, { recursive: true });
        const { open, append, close } = writer();
        open();
        const given = new Set<number>();
        let end = 0;
        for (const [jump, length] of moves) {
          const from = Math.max(0, end + jump);
          append(from, source(from, from + length));
          for (let at = Math.max(from, end); at < from + length; at++) given.add(at);
          end = Math.max(end, from + length);
        }
        close(end);
        if (end === 0) return;
        const { pieces, chunks, next } = read(0, end);
        expect(next).toBe(end);
        const covered = pieces.flatMap((piece, i) => {
          const from = piece.is === "gap" ? piece.gap.off : piece.off;
          const length = piece.is === "gap" ? piece.gap.to - from : piece.length;
          return Array.from({ length }, (_, at) => ({ at: from + at, is: piece.is, i }));
        });
        expect(covered.map(({ at }) => at)).toEqual(Array.from({ length: end }, (_, at) => at));
        for (const { at, is } of covered) expect(is).toBe(given.has(at) ? "bytes" : "gap");
        const bytes = pieces.filter((piece) => piece.is === "bytes");
        bytes.forEach((piece, i) => {
          expect(chunks[i]).toEqual(source(piece.off, piece.off + piece.length));
        });
      },
    ),
    { numRuns: 60 },
  );
});

test("numbering goes on behind the reservation after an unclean stop, and the gap begins where the log ends", () => {
  const first = writer();
  const { logId, reservedEnd } = first.open();
  first.append(0, source(0, 500));
  first.kill();
  const second = writer();
  const opened = second.open();
  expect(opened).toMatchObject({ logId, offset: reservedEnd });
  expect(opened.gap).toMatchObject({ off: 500, to: reservedEnd, known: false, why: "agent-restart" });
  second.append(reservedEnd, source(0, 100));
  const { pieces, chunks } = read(0, reservedEnd + 100);
  expect(gapsOf(pieces)).toEqual([[500, reservedEnd, false, "agent-restart"]]);
  expect(chunks.map((chunk) => chunk.byteLength)).toEqual([500, 100]);
  second.kill();
  const third = writer().open();
  expect(third.gap).toMatchObject({ off: reservedEnd + 100, known: false });
  expect(third.offset).toBeGreaterThan(reservedEnd + 100);
});

test("a clean stop leaves no gap and gives out no offset twice", () => {
  const first = writer();
  const { logId } = first.open();
  first.append(0, source(0, 500));
  first.close(500);
  const second = writer();
  expect(second.open()).toMatchObject({ logId, offset: 500 });
  second.append(500, source(500, 600));
  expect(read(0, 600)).toMatchObject({
    pieces: [
      { is: "bytes", off: 0, length: 500 },
      { is: "bytes", length: 100 },
    ],
  });
});

test("a successor of a dead writer takes again what it has, and misses nothing", () => {
  const first = writer();
  const { logId } = first.open();
  first.append(0, source(0, 500));
  first.kill();
  const second = writer();
  second.open({ logId, offset: 800 });
  second.append(300, source(300, 800));
  second.close(800);
  expect(gapsOf(read(0, 800).pieces)).toEqual([]);
  expect(readFileSync(join(dir, "n1.log")).equals(source(0, 800))).toBe(true);
});

test("a wiped state directory starts a new log id, and what the file held is its beginning", () => {
  const first = writer();
  const { logId } = first.open();
  first.append(0, source(0, 500));
  first.close(500);
  rmSync(join(dir, "state"), { recursive: true });
  const second = writer();
  const opened = second.open();
  expect(opened.logId).not.toBe(logId);
  expect(opened.offset).toBe(500);
  second.append(500, source(500, 600));
  expect(Buffer.concat(read(0, 600).chunks).equals(source(0, 600))).toBe(true);
});

test.each([
  ["truncated", () => truncateSync(join(dir, "n1.log"))],
  ["replaced", () => writeFileSync(join(dir, "n1.log"), "something else")],
])(
  "a log that was %s between two runs shows the old bytes as gone, and the new ones right",
  (_how, meddle) => {
    const first = writer();
    first.open();
    first.append(0, source(0, 500));
    first.close(500);
    meddle();
    const second = writer();
    expect(second.open().offset).toBe(500);
    second.append(500, source(500, 600));
    const { pieces, chunks } = read(0, 600);
    expect(gapsOf(pieces)).toEqual([[0, 500, true, "log-truncated"]]);
    expect(Buffer.concat(chunks).equals(source(500, 600))).toBe(true);
  },
);

test("foreign bytes appended between two runs are in no offset", () => {
  const first = writer();
  first.open();
  first.append(0, source(0, 500));
  first.close(500);
  appendFileSync(join(dir, "n1.log"), "foreign");
  const second = writer();
  second.open();
  second.append(500, source(500, 600));
  expect(Buffer.concat(read(0, 600).chunks).equals(source(0, 600))).toBe(true);
});

test("an index torn at any byte loses no byte of the log", () => {
  const first = writer();
  first.open();
  first.append(0, source(0, 500));
  first.kill();
  const index = indexPathOf(join(dir, "state"), "n1");
  const whole = readFileSync(index);
  appendFileSync(index, whole.subarray(0, whole.byteLength - 3));
  const second = writer();
  const { offset } = second.open();
  second.append(offset, source(0, 10));
  expect(read(offset, offset + 10).chunks[0]).toEqual(source(0, 10));
  expect(Buffer.concat(read(0, 500).chunks).equals(source(0, 500))).toBe(true);
});

test("a log that cannot be written refuses, says so once, and takes all of it when it heals, twice", () => {
  const path = join(dir, "n1.log");
  const { open, append, again, reopen, replies } = writer();
  open();
  const troubles = () =>
    replies.flatMap(({ tell }) => (tell === "failing" || tell === "healed" ? [tell] : []));
  for (const round of [0, 1]) {
    const from = round * 1000;
    // A directory in its place: nobody can append to it, not even root.
    rmSync(path, { force: true });
    mkdirSync(path);
    reopen();
    append(from, source(from, from + 100));
    expect(replies.at(-1)).toMatchObject({ tell: "ack", refused: [{ number: 1, next: from }] });
    again(from, source(from, from + 50), false);
    expect(replies.at(-1)).toMatchObject({ refused: [{ number: 1, next: from }] });
    rmSync(path, { recursive: true });
    // What comes behind the refused bytes waits for them.
    append(from + 100, source(from + 100, from + 200));
    expect(replies.at(-1)).toMatchObject({ refused: [{ number: 1, next: from }] });
    again(from, source(from, from + 50), false);
    again(from + 50, source(from + 50, from + 200), true);
    append(from + 200, source(from + 200, from + 1000));
    expect(troubles()).toEqual(
      round === 0 ? ["failing", "healed"] : ["failing", "healed", "failing", "healed"],
    );
    expect(Buffer.concat(read(from, from + 1000).chunks).equals(source(from, from + 1000))).toBe(true);
  }
});

test("a state directory that takes no more keeps no byte out of the log", () => {
  const { open, append, replies, reopen } = writer();
  open();
  append(0, source(0, 100));
  rmSync(indexPathOf(join(dir, "state"), "n1"));
  mkdirSync(indexPathOf(join(dir, "state"), "n1"));
  reopen();
  // The file goes on where it was: nothing but a time is to be noted.
  append(100, source(100, 200));
  expect(replies.at(-1)).toEqual({ tell: "ack", seq: 2 });
  expect(readFileSync(join(dir, "n1.log")).equals(source(0, 200))).toBe(true);
});

test("what is logged after a clean stop behind a gap is found again", () => {
  const first = writer();
  first.open();
  first.append(0, source(0, 100));
  first.close(300);
  const second = writer();
  expect(second.open().offset).toBe(300);
  second.append(300, source(300, 400));
  const { pieces, chunks } = read(0, 400);
  expect(gapsOf(pieces)).toEqual([[100, 300, true, "log-stalled"]]);
  expect(chunks.map((chunk) => chunk.byteLength)).toEqual([100, 100]);
});

test("a reservation that the disk refuses is said to be refused", () => {
  const { open, reserve, replies, kill } = writer();
  open();
  // Its descriptor is gone: nothing can be appended to the positions any more.
  kill();
  reserve();
  expect(replies.at(-1)).toEqual({ tell: "unreserved", numbers: [1] });
});
