import {
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { decodeIndex, type GapRecord, logMapOf } from "@confed/codecs";
import { type Clock, systemClock } from "@confed/kernel";
import { FakeClock, memoryFolder } from "@confed/testkit";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recordsOf } from "../backlogs.ts";
import { packFile } from "../keeper/packed-file.ts";
import { segmentFileOf } from "../log-files.ts";
import { indexPathOf } from "../log-path.ts";
import { readRange } from "../reader/read-range.ts";
import type { Rotation, WriterReply } from "../writer-messages.ts";
import { LogWriter } from "./log-writer.ts";

let dir: string;
beforeEach(() => {
  dir = memoryFolder("confed-rotation-");
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const path = () => join(dir, "n1.log");
const source = (from: number, to: number) =>
  Uint8Array.from({ length: to - from }, (_, i) => ((from + i) * 7) % 251);

/** A log writer in this process, printing what `source` says, with a clock that a test moves. */
class Printing {
  end = 0;
  wallMs = 1_000_000;
  readonly rotated: string[] = [];
  readonly #rotate: Rotation | undefined;
  #writer: LogWriter;
  #seq = 0;
  #leaveFiles = false;
  readonly #clock: Clock;

  constructor(rotate?: Rotation, clock: Clock = systemClock) {
    this.#rotate = rotate;
    this.#clock = clock;
    this.#writer = this.#start();
  }

  print(length: number): void {
    const bytes = source(this.end, this.end + length);
    this.#writer.batch((this.#seq += 1), recordsOf(1, [{ offset: this.end, bytes }]));
    this.end += length;
  }

  /** Leave the writer as it is, hanging, and start another. */
  abandon(): void {
    this.#leaveFiles = true;
    this.#writer = this.#start();
  }

  stop(): void {
    this.#writer.end();
  }

  /** Stop cleanly or not, and start again. */
  restart(clean: boolean): void {
    if (clean) this.#writer.do({ do: "close", consoles: [{ number: 1, end: this.end }] });
    this.stop();
    this.#writer = this.#start();
  }

  #start(): LogWriter {
    const replies: WriterReply[] = [];
    const { wallMs } = this;
    this.wallMs = Math.max(wallMs, Date.parse("2020-01-01"));
    const writer = new LogWriter(
      {
        stateDir: join(dir, "state"),
        pathTemplate: join(dir, "&.log"),
        mode: 0o640,
        rotate: this.#rotate,
        leaveFiles: this.#leaveFiles,
      },
      undefined,
      {
        wallTimeMs: () => this.wallMs,
        monotonicMs: () => this.wallMs,
        clock: this.#clock,
        reply: (reply) => replies.push(reply),
        onRotated: (segment) => this.rotated.push(segment),
      },
    );
    writer.do({ do: "open", consoles: [{ number: 1, name: "n1" }] });
    writer.do({ do: "begin", numbers: [1] });
    const opened = replies.find((reply) => reply.tell === "opened")?.logs[0];
    if (opened === undefined) throw new Error(`not opened: ${JSON.stringify(replies)}`);
    this.end = opened.offset;
    return writer;
  }
}

/** Where a descriptor leads; that of the listing itself is closed by now. */
function linkOf(descriptor: string): string {
  try {
    return readlinkSync(descriptor);
  } catch {
    return "";
  }
}

function read(from: number, to: number) {
  const index = readFileSync(indexPathOf(join(dir, "state"), "n1"), "utf8");
  const { pieces, chunks } = readRange(logMapOf(decodeIndex(index).records), { from, to, bytesMax: 1e9 });
  let chunk = 0;
  return pieces.map((piece) =>
    piece.is === "gap" ? piece.gap : { off: piece.off, bytes: chunks[chunk++] ?? new Uint8Array() },
  );
}

/** Every byte that is there is the right one; what is not there is a gap. Returns the gaps. */
function expectExact(to: number): GapRecord[] {
  let at = 0;
  const gaps: GapRecord[] = [];
  for (const piece of read(0, to)) {
    expect(piece.off).toBe(at);
    if ("bytes" in piece) {
      expect(Buffer.from(source(at, at + piece.bytes.byteLength)).equals(piece.bytes)).toBe(true);
      at += piece.bytes.byteLength;
    } else {
      gaps.push(piece);
      at = piece.to;
    }
  }
  expect(at).toBe(to);
  return gaps;
}

test("a log renamed while it is written goes on in a new file within a second, and all of it is found", () => {
  const log = new Printing();
  for (const round of [1, 2]) {
    log.print(500);
    log.wallMs += 1_000;
    renameSync(path(), `${path()}.${round}`);
    log.print(100);
    log.wallMs += 1_000;
    log.print(100);
    expect(readFileSync(path()).byteLength).toBeGreaterThan(0);
    expect(expectExact(log.end)).toEqual([]);
  }
});

test.each([
  ["truncated", () => truncateSync(path())],
  [
    "removed",
    () => {
      rmSync(path());
    },
  ],
])(
  "a log that is %s before its last line is not read wrong when nothing comes after, twice",
  (how, meddle) => {
    const clock = new FakeClock();
    const log = new Printing(undefined, clock);
    for (const round of [1, 2]) {
      log.print(500);
      log.wallMs += 1_000;
      log.print(10);
      meddle();
      // In the same second: the writer did not look.
      log.print(100);
      clock.advance(1_000);
      const kept = how === "removed" ? 0 : 100;
      const gaps = expectExact(log.end).reduce((sum, { off, to }) => sum + to - off, 0);
      expect([round, gaps]).toEqual([round, log.end - kept]);
      // What was removed does not fill the disk for as long as the console is silent.
      const held = readdirSync("/proc/self/fd").map((fd) => linkOf(`/proc/self/fd/${fd}`));
      expect(held).not.toContain(`${path()} (deleted)`);
    }
  },
);

test("times are written five at once, and none is held when nothing comes any more", () => {
  const clock = new FakeClock();
  const log = new Printing(undefined, clock);
  const marks = () =>
    decodeIndex(readFileSync(indexPathOf(join(dir, "state"), "n1"), "utf8")).records.filter(
      ({ t }) => t === "at",
    ).length;
  const seen = Array.from({ length: 16 }, () => {
    log.print(10);
    log.wallMs += 1_000;
    return marks();
  });
  const [first, turn, ...later] = seen
    .map((count, at) => count - (seen[at - 1] ?? 0))
    .filter((written) => written > 0);
  expect(first).toBe(1);
  // Its turn among all consoles comes at any time.
  expect(turn).toBeLessThanOrEqual(5);
  expect(later.slice(0, 2)).toEqual([5, 5]);
  clock.advance(1_000);
  expect(marks()).toBe(16);
  log.print(10);
  log.restart(true);
  expect(marks()).toBe(17);
  log.print(10);
  log.wallMs += 1_000;
  log.print(10);
  // Told to end, but not where its consoles ended.
  log.restart(false);
  expect(marks()).toBe(19);
});

test("a log emptied by copytruncate goes on, loses what was there, and nothing of what came since", () => {
  const log = new Printing();
  for (const round of [1, 2]) {
    log.print(500);
    log.wallMs += 1_000;
    log.print(10);
    const cut = log.end;
    copyFileSync(path(), `${path()}.${round}`);
    truncateSync(path());
    // Before anybody can have seen it, and after.
    log.print(50);
    log.wallMs += 1_000;
    log.print(50);
    log.print(50);
    expect(expectExact(log.end)).toMatchObject([{ off: 0, to: cut, why: "log-truncated", known: true }]);
    expect(readFileSync(path()).byteLength).toBe(150);
  }
});

test("a log removed while it is written is made again within a second; what it held is a gap", () => {
  const log = new Printing();
  for (const _round of [1, 2]) {
    log.print(500);
    rmSync(path());
    log.wallMs += 1_000;
    log.print(100);
    const gaps = expectExact(log.end);
    expect(gaps.every(({ known }) => known)).toBe(true);
    expect(gaps.at(-1)?.to).toBe(log.end - 100);
  }
});

test("a log is rotated by size and by age, and its name says where it begins", () => {
  const log = new Printing({ sizeBytes: 1_000 });
  log.print(999);
  log.print(1);
  expect(log.rotated).toEqual([]);
  log.print(10);
  log.print(2_000);
  log.print(1);
  expect(log.rotated.map((file) => segmentFileOf(path(), file.slice(dir.length + 1))?.base)).toEqual([
    0, 1_000,
  ]);
  expect(readFileSync(path()).byteLength).toBe(1);
  expect(expectExact(log.end)).toEqual([]);

  const aged = new Printing({ ageMs: 60_000 });
  aged.wallMs = systemClock.wallTimeMs();
  aged.print(5);
  aged.wallMs += 59_000;
  aged.print(5);
  expect(aged.rotated).toEqual([]);
  aged.wallMs += 60_000;
  aged.print(5);
  expect(aged.rotated).toHaveLength(1);
});

test("a packed segment is the same bytes to us and to zcat, and its original is gone", () => {
  const log = new Printing({ sizeBytes: 1_200_000 });
  for (let part = 0; part < 25; part += 1) log.print(50_000);
  const [segment = ""] = log.rotated;
  const plain = readFileSync(segment);
  const packed = packFile(segment, "gzip");
  expect(gunzipSync(readFileSync(packed)).equals(plain)).toBe(true);
  expect(readdirSync(dir)).not.toContain(segment.slice(dir.length + 1));
  expect(expectExact(log.end)).toEqual([]);
});

test("what a crash leaves of packing costs nothing, and a segment that is gone is a gap rotated-away", () => {
  const log = new Printing({ sizeBytes: 1_000 });
  log.print(1_000);
  log.print(500);
  const [segment = ""] = log.rotated;
  writeFileSync(`${segment}.gz.new`, "torn");
  expect(expectExact(log.end)).toEqual([]);
  rmSync(segment);
  expect(expectExact(log.end)).toMatchObject([{ off: 0, to: 1_000, why: "rotated-away" }]);
});

test("what a writer that hung appends when its disk heals is in no offset", () => {
  const log = new Printing();
  log.print(500);
  const hanging = openSync(path(), "a");
  log.abandon();
  const from = log.end;
  log.print(100);
  writeSync(hanging, "late");
  closeSync(hanging);
  log.print(100);
  expect(readFileSync(path()).byteLength).toBe(200);
  expect(expectExact(log.end)).toMatchObject([{ off: 500, to: from, known: false, why: "agent-restart" }]);
});

test.each([true, false])(
  "an index that is lost is made again from the files, after a clean stop: %s",
  (clean) => {
    const log = new Printing({ sizeBytes: 1_000 });
    log.print(1_000);
    log.print(1_000);
    log.print(300);
    packFile(log.rotated[0] ?? "", "gzip");
    rmSync(indexPathOf(join(dir, "state"), "n1"));
    log.restart(clean);
    const from = log.end;
    log.print(10);
    expect(expectExact(log.end)).toMatchObject(clean ? [] : [{ off: 2_300, to: from, why: "agent-restart" }]);
  },
);

const moves = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant("print" as const), length: fc.integer({ min: 1, max: 700 }) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("rename" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("copytruncate" as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("cut" as const),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
        then: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("pack" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const), clean: fc.boolean() }) },
  ),
  { maxLength: 40 },
);

test("whatever happens to its files, no offset of a log is read as the wrong byte", () => {
  fc.assert(
    fc.property(moves, (wanted) => {
      rmSync(dir, { recursive: true });
      const log = new Printing({ sizeBytes: 1_500 });
      let names = 0;
      let truncated = false;
      for (const move of wanted) {
        if (move.do === "print") log.print(move.length);
        if (move.do === "wait") log.wallMs += 1_000;
        if (move.do === "restart") log.restart(move.clean);
        if (move.do === "pack") for (const segment of log.rotated.splice(0)) packFile(segment, "gzip");
        const exists = readdirSync(dir).includes("n1.log");
        if (move.do === "rename" && exists) renameSync(path(), `${path()}.${(names += 1)}`);
        if (move.do === "cut" && exists) {
          truncateSync(path(), Math.floor(statSync(path()).size * move.part));
          truncated = true;
          for (const length of move.then) log.print(length);
          // Nothing in the folder has changed.
          log.wallMs += 5_000;
          log.print(1);
        }
        if (move.do === "copytruncate" && exists) {
          copyFileSync(path(), `${path()}.${(names += 1)}`);
          truncateSync(path());
          truncated = true;
          // Until the next look, a reader may be shown new bytes for old offsets.
          log.wallMs += 1_000;
          log.print(1);
        }
      }
      const gaps = log.end === 0 ? [] : expectExact(log.end);
      log.stop();
      // Only what a stop or a truncation took is missing.
      for (const gap of gaps) {
        if (gap.why === "agent-restart") expect(gap.known).toBe(false);
        else expect(truncated).toBe(true);
      }
    }),
    { numRuns: 100 },
  );
});
