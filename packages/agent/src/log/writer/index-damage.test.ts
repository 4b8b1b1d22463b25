import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeIndex, logMapOf } from "@confed/codecs";
import { memoryFolder } from "@confed/testkit";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recordsOf } from "../backlogs.ts";
import { indexPathOf } from "../log-path.ts";
import { readRange } from "../reader/read-range.ts";
import { verifyLog } from "../reader/verify-log.ts";
import type { OpenedLog, WriterReply } from "../writer-messages.ts";
import { LogWriter } from "./log-writer.ts";

// F18: an index is never a reason not to start, and its log stays what it is.

let dir: string;
beforeEach(() => {
  dir = memoryFolder("confed-index-");
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const stateDir = () => join(dir, "state");
const indexPath = () => indexPathOf(stateDir(), "n1");
const logPath = () => join(dir, "n1.log");
const source = (from: number, to: number) =>
  Buffer.from(Uint8Array.from({ length: to - from }, (_, at) => (from + at) % 251));

function start() {
  const replies: WriterReply[] = [];
  const writer = new LogWriter(
    { stateDir: stateDir(), pathTemplate: join(dir, "&.log"), mode: 0o640 },
    undefined,
    { wallTimeMs: () => 1, monotonicMs: () => 1, reply: (reply) => replies.push(reply) },
  );
  writer.do({ do: "open", consoles: [{ number: 1, name: "n1" }] });
  writer.do({ do: "begin", numbers: [1] });
  const [log] = replies.flatMap((reply): readonly OpenedLog[] => (reply.tell === "opened" ? reply.logs : []));
  if (log === undefined) throw new Error(`not opened: ${JSON.stringify(replies)}`);
  const print = (offset: number, length: number) => {
    writer.batch(1, recordsOf(1, [{ offset, bytes: source(offset, offset + length) }]));
  };
  return { writer, log, print };
}

/** A log with two gaps, left by an unclean stop. */
function logged(): void {
  const { writer, print } = start();
  print(0, 500);
  print(700, 500);
  print(1_300, 500);
  writer.end();
}

/** Start, log on, and return what can be read of [0, end): bytes that must be the source's, or gaps. */
function startedAgain(): { readonly wrong: readonly number[]; readonly fresh: boolean } {
  const before = readFileSync(logPath());
  const { writer, log, print } = start();
  expect(readFileSync(logPath()).equals(before)).toBe(true);
  print(log.offset, 300);
  const map = logMapOf(decodeIndex(readFileSync(indexPath(), "utf8")).records, log.logId);
  const { pieces, chunks } = readRange(map, { from: 0, to: log.offset + 300, bytesMax: 1e9 });
  const wrong: number[] = [];
  let chunkAt = 0;
  let end = 0;
  for (const piece of pieces) {
    if (piece.is === "gap") continue;
    const chunk = Buffer.from(chunks[chunkAt++] ?? []);
    if (!chunk.equals(source(piece.off, piece.off + piece.length))) wrong.push(piece.off);
    end = piece.off + piece.length;
  }
  writer.end();
  verifyLog("n1", stateDir());
  return { wrong, fresh: end === log.offset + 300 };
}

const damages = {
  "cut off at any byte": fc.nat().map((at) => (index: Buffer) => index.subarray(0, at % index.length)),
  "with a byte changed": fc
    .tuple(fc.nat(), fc.integer({ min: 1, max: 255 }))
    .map(([at, flip]) => (index: Buffer) => {
      const damaged = Buffer.from(index);
      damaged[at % damaged.length] = (damaged[at % damaged.length] ?? 0) ^ flip;
      return damaged;
    }),
};

test.each(Object.entries(damages))("an index %s never makes a byte another one", (_what, damage) => {
  fc.assert(
    fc.property(damage, (spoil) => {
      rmSync(dir, { recursive: true });
      logged();
      writeFileSync(indexPath(), spoil(readFileSync(indexPath())));
      expect(startedAgain()).toEqual({ wrong: [], fresh: true });
    }),
    { numRuns: 60 },
  );
});

test("an index that is anything but one keeps nothing from starting, and what comes then is read", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.boolean(), (bytes, behind) => {
      rmSync(dir, { recursive: true });
      logged();
      const junk = Buffer.from(bytes);
      writeFileSync(indexPath(), behind ? Buffer.concat([readFileSync(indexPath()), junk]) : junk);
      expect(startedAgain().fresh).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("an index that is gone is made again from what the files tell", () => {
  logged();
  rmSync(indexPath());
  expect(startedAgain()).toEqual({ wrong: [], fresh: true });
});
