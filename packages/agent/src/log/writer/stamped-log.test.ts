import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
} from "node:fs";
import { join } from "node:path";
import { decodeIndex, type GapRecord, logMapOf } from "@confed/codecs";
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
  dir = memoryFolder("confed-stamped-");
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const path = () => join(dir, "n1.log");
const text = () => readFileSync(path(), "latin1");
const START_MS = Date.parse("2026-11-21T04:21:28.123Z");
const STAMPED_LINE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 [^]*$/;

/** A log writer in this process, stamping, and what its console has printed by offset. */
class Printing {
  clock = new FakeClock();
  wallMs = START_MS;
  end = 0;
  stamped = true;
  journal = false;
  /** Undefined: nobody printed it. */
  readonly printed: (number | undefined)[] = [];
  readonly #rotate: Rotation | undefined;
  #leaveFiles = false;
  readonly #abandoned: LogWriter[] = [];
  #writer: LogWriter;
  #seq = 0;

  constructor(rotate?: Rotation) {
    this.#rotate = rotate;
    this.#writer = this.#start();
  }

  print(output: string): void {
    const bytes = Buffer.from(output, "latin1");
    for (const [at, byte] of bytes.entries()) this.printed[this.end + at] = byte;
    this.#writer.batch((this.#seq += 1), recordsOf(1, [{ offset: this.end, bytes }]));
    this.end += bytes.byteLength;
  }

  /** Bytes that never reach the writer. */
  lose(length: number): void {
    this.end += length;
  }

  reopen(): void {
    this.#writer.do({ do: "reopen" });
  }

  abandon(): void {
    this.#leaveFiles = true;
    this.#abandoned.push(this.#writer);
    this.#writer = this.#start();
  }

  /** Let go of its files, those of writers that hang as well. */
  stop(): void {
    for (const writer of [...this.#abandoned, this.#writer]) writer.end();
  }

  restart(how: { clean?: boolean; stamped?: boolean; meanwhile?: () => void } = {}): void {
    const { clean = true, stamped = this.stamped, meanwhile } = how;
    this.stamped = stamped;
    if (clean) this.#writer.do({ do: "close", consoles: [{ number: 1, end: this.end }] });
    this.#writer.end();
    meanwhile?.();
    this.#writer = this.#start();
  }

  #start(): LogWriter {
    const replies: WriterReply[] = [];
    // One that hangs does nothing any more.
    this.clock = new FakeClock();
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
        reply: (reply) => replies.push(reply),
        clock: this.clock,
      },
    );
    writer.do({
      do: "open",
      consoles: [{ number: 1, name: "n1", stamped: this.stamped, journal: this.journal }],
    });
    writer.do({ do: "begin", numbers: [1] });
    const opened = replies.find((reply) => reply.tell === "opened")?.logs[0];
    if (opened === undefined) throw new Error(`not opened: ${JSON.stringify(replies)}`);
    this.end = opened.offset;
    return writer;
  }
}

const mapOf = () =>
  logMapOf(decodeIndex(readFileSync(indexPathOf(join(dir, "state"), "n1"), "utf8")).records);

/** Every byte that is read is the one that was printed; returns the gaps. Read in pieces of any size. */
function gapsOf(log: Printing, bytesMax = 1e9): GapRecord[] {
  const gaps: GapRecord[] = [];
  const map = mapOf();
  for (let at = 0; at < log.end; ) {
    const { pieces, chunks, next } = readRange(map, { from: at, to: log.end, bytesMax });
    for (const piece of pieces) {
      expect(piece.is === "gap" ? piece.gap.off : piece.off).toBe(at);
      if (piece.is === "gap") {
        gaps.push(piece.gap);
        at = piece.gap.to;
        continue;
      }
      const bytes = chunks.shift() ?? new Uint8Array();
      expect([...bytes]).toEqual(log.printed.slice(at, at + piece.length));
      at += piece.length;
    }
    expect(next).toBe(at);
  }
  return gaps;
}

const stamp = (ms: number) => `${new Date(ms).toISOString().slice(0, -1)}+00:00 `;

test("a line begins with the time of its first byte, whatever its end and however it comes", () => {
  const log = new Printing();
  const times = [stamp(START_MS)];
  const later = () => {
    log.wallMs += 1_500;
    times.push(stamp(log.wallMs));
  };
  log.print("one\r\ntwo");
  later();
  log.print(" and more\n\n");
  later();
  log.print("lone\rreturn\n");
  const [first, second, third] = times;
  expect(text()).toBe(`${first}one\r\n${first}two and more\n${second}\n${third}lone\rreturn\n`);
  expect(gapsOf(log)).toEqual([]);
  for (const bytesMax of [1, 3, 7]) expect(gapsOf(log, bytesMax)).toEqual([]);
});

test.each([true, false])(
  "a log goes on in mid-line after a restart (clean: %s), in a line of its own",
  (clean) => {
    const log = new Printing();
    for (const round of [1, 2]) {
      log.print("whole\nhal");
      log.restart({ clean });
      log.print("f\n");
      expect([round, ...gapsOf(log).map(({ why }) => why)]).toEqual(
        clean ? [round] : [round, ...Array.from({ length: round }, () => "agent-restart")],
      );
    }
    const lines = text().split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => line.slice(30))).toEqual(["whole", "hal", "f", "whole", "hal", "f"]);
    for (const line of lines) expect(line).toMatch(STAMPED_LINE);
  },
);

test("a file cut anywhere by an unclean stop has its end where its last byte of output is", () => {
  const whole = "ab\n\nc\r\ndef";
  const lengthAt = (cut: number) => {
    const kept = stampless(text().slice(0, cut));
    return kept.length;
  };
  const first = new Printing();
  first.print(whole);
  const fileBytes = text().length;
  for (let cut = 30; cut <= fileBytes; cut += 1) {
    rmSync(dir, { recursive: true });
    mkdirSync(dir);
    const log = new Printing();
    log.print(whole);
    const length = lengthAt(cut);
    log.restart({ clean: false, meanwhile: () => truncateSync(path(), cut) });
    log.print("next\n");
    const gaps = gapsOf(log);
    expect([cut, gaps.map(({ off, why }) => [off, why])]).toEqual([cut, [[length, "agent-restart"]]]);
    log.stop();
  }
});

/** What of a stamped text is output. */
function stampless(stamped: string): string {
  let output = "";
  for (let at = 0; at < stamped.length; ) {
    const feed = stamped.indexOf("\n", at + 30);
    const end = feed === -1 ? stamped.length : feed + 1;
    output += stamped.slice(at + 30, end);
    at = end;
  }
  return output;
}

test("a gap in mid-line ends the line of the file, and what comes behind it is found", () => {
  const log = new Printing();
  log.print("before");
  log.lose(10);
  log.print("behind\n");
  expect(text()).toBe(`${stamp(START_MS)}before\n${stamp(START_MS)}behind\n`);
  expect(gapsOf(log)).toMatchObject([{ off: 6, to: 16, why: "log-stalled" }]);
});

test("rotated and packed in mid-line, a log is read as one", () => {
  const log = new Printing({ sizeBytes: 100 });
  for (let i = 0; i < 20; i += 1) {
    log.print(`line ${i} is long enough, is it not? `);
    log.print(i % 3 === 0 ? "\n" : "");
  }
  const rotated = readdirSync(dir).filter((name) => segmentFileOf(path(), name) !== undefined);
  expect(rotated.length).toBeGreaterThan(3);
  for (const name of rotated.slice(1)) packFile(join(dir, name), "gzip");
  expect(gapsOf(log)).toEqual([]);
  expect(gapsOf(log, 5)).toEqual([]);
});

test("a format that changes and changes back begins a segment, and every byte is read", () => {
  const log = new Printing();
  for (const stamped of [false, true, false]) {
    log.print("a line\nand a half");
    log.restart({ stamped });
  }
  log.print(" and the end\n");
  expect(gapsOf(log)).toEqual([]);
  const time = stamp(START_MS);
  expect(text()).toBe(
    `${time}a line\n${time}and a halfa line\nand a half\n${time}a line\n${time}and a half and the end\n`,
  );
});

test("a stamped file of which nobody knows any more is not taken for output", () => {
  const log = new Printing();
  log.print("old\n");
  log.restart({
    meanwhile: () => {
      rmSync(join(dir, "state"), { recursive: true });
    },
  });
  expect(log.end).toBe(0);
  log.printed.length = 0;
  log.print("new\n");
  expect(gapsOf(log)).toEqual([]);
});

test("a log emptied by copytruncate loses no whole line that came since", () => {
  const log = new Printing();
  for (const round of [1, 2]) {
    log.print("to be copied\n");
    log.wallMs += 1_000;
    log.print("in mid-line");
    copyFileSync(path(), `${path()}.${round}`);
    truncateSync(path());
    log.print(" goes on\nwhole\n");
    log.clock.advance(1_000);
    expect(gapsOf(log).at(-1)).toMatchObject({ to: log.end - "whole\n".length, why: "log-truncated" });
    log.wallMs += 1_000;
    log.print("after\n");
    expect(gapsOf(log).at(-1)).toMatchObject({ to: log.end - "whole\nafter\n".length });
  }
});

test("what a power loss took of a stamped file is written again from the journal, wherever it was cut, twice", () => {
  for (const cutBytes of [1, 3, 20, 33, 34, 50, 69]) {
    rmSync(dir, { recursive: true });
    mkdirSync(dir);
    const log = new Printing();
    log.print("older\n");
    log.journal = true;
    log.restart();
    for (const round of [1, 2]) {
      const from = log.end;
      log.print("ab\ncdef\n\nopen");
      const before = text();
      log.wallMs += 10_000;
      log.restart({
        clean: false,
        meanwhile: () => {
          truncateSync(path(), before.length - cutBytes);
        },
      });
      expect([cutBytes, text()]).toEqual([cutBytes, before]);
      const gaps = gapsOf(log);
      expect([round, gaps.length, gaps.at(-1)?.off]).toEqual([round, round, from + 13]);
    }
  }
});

const output = fc.array(
  fc.constantFrom("a", "bc", "\n", "\r\n", "\r", "2026-11-21T04:21:28.123+00:00 ", "x".repeat(70)),
  { minLength: 1, maxLength: 8 },
);
const MEDDLING = ["rename", "copytruncate", "reopen", "pack", "foreign", "abandon"] as const;
const moves = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant("print" as const), parts: output }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(400, 1_100, 6_000) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("lose" as const), length: fc.integer({ min: 1, max: 50 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("restart" as const),
        clean: fc.boolean(),
        stamped: fc.boolean(),
        tornBytes: fc.integer({ min: 0, max: 40 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constantFrom(...MEDDLING) }),
    },
  ),
  { maxLength: 25 },
);

test("whatever happens to its files, a stamped log reads as what was printed, or as a gap", {
  timeout: 120_000,
}, () => {
  let round = 0;
  fc.assert(
    fc.property(moves, fc.integer({ min: 1, max: 200 }), (all, bytesMax) => {
      rmSync(dir, { recursive: true });
      mkdirSync(dir);
      const log = new Printing({ sizeBytes: 400 });
      log.print("begin\n");
      for (const move of all) {
        round += 1;
        if (move.do === "print") log.print(move.parts.join(""));
        else if (move.do === "wait") log.wallMs += move.ms;
        else if (move.do === "lose") log.lose(move.length);
        else if (move.do === "reopen") log.reopen();
        else if (move.do === "abandon") log.abandon();
        else if (move.do === "restart") {
          const { clean, stamped, tornBytes } = move;
          const tear = () => {
            try {
              truncateSync(path(), Math.max(0, readFileSync(path()).byteLength - tornBytes));
            } catch {
              // There is none.
            }
          };
          log.restart({ clean, stamped, meanwhile: clean ? () => undefined : tear });
        } else if (move.do === "pack") {
          const plain = readdirSync(dir).find((name) => segmentFileOf(path(), name)?.packing === "none");
          if (plain !== undefined) packFile(join(dir, plain), "gzip");
        } else if (readdirSync(dir).includes("n1.log")) {
          if (move.do === "rename") renameSync(path(), `${path()}.${round}`);
          if (move.do === "copytruncate") truncateSync(path());
          if (move.do === "foreign") {
            // Whoever writes into a log does so while nobody else does, and we write behind that.
            log.restart({ meanwhile: () => appendFileSync(path(), "foreign\n") });
            log.print("ours");
          }
          // What was done is noticed within a second of silence.
          log.wallMs += 1_000;
          log.clock.advance(1_000);
        }
      }
      log.clock.advance(1_000);
      gapsOf(log, bytesMax);
      gapsOf(log);
      log.stop();
    }),
    { numRuns: 300 },
  );
});
