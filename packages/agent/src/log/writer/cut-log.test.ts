import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "@confed/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recordsOf } from "../backlogs.ts";
import { LogMaps } from "../reader/log-maps.ts";
import { readRange } from "../reader/read-range.ts";
import type { Rotation, WriterReply } from "../writer-messages.ts";
import { LogWriter } from "./log-writer.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "confed-cut-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const path = () => join(dir, "n1.log");
/** Lines that are much alike: what was cut off looks like what comes. */
const LINES = "login: \nok 12\nlogin: \nok 13\nlogin: \nok 14\n";
const source = (from: number, to: number) =>
  Buffer.from(Array.from({ length: to - from }, (_, i) => LINES.charCodeAt((from + i) % LINES.length)));

/** A log writer in this process, the next one of those before. Returns how to print, and how to wait. */
function printing(stamped: boolean, rotate?: Rotation) {
  const replies: WriterReply[] = [];
  const log = { end: 0, wallMs: 1e12, logId: "" };
  const writer = new LogWriter(
    { stateDir: join(dir, "state"), pathTemplate: join(dir, "&.log"), mode: 0o640, rotate },
    undefined,
    {
      wallTimeMs: () => log.wallMs,
      monotonicMs: () => log.wallMs,
      clock: new FakeClock(),
      reply: (reply) => replies.push(reply),
    },
  );
  writer.do({ do: "open", consoles: [{ number: 1, name: "n1", stamped }] });
  writer.do({ do: "begin", numbers: [1] });
  const [opened] = replies.flatMap((reply) => (reply.tell === "opened" ? reply.logs : []));
  log.logId = opened?.logId ?? "";
  log.end = opened?.offset ?? 0;
  const print = (length: number) => {
    const bytes = source(log.end, log.end + length);
    writer.batch(0, recordsOf(1, [{ offset: log.end, bytes }]));
    log.end += length;
  };
  const close = () => {
    writer.do({ do: "close", consoles: [{ number: 1, end: log.end }] });
  };
  return { log, print, close };
}

/** Every byte that is read is the one that was printed. Returns where the rest was. */
function gapsOf({ logId, end }: { readonly logId: string; readonly end: number }): [number, number][] {
  const map = new LogMaps(join(dir, "state")).get({ name: "n1", logId });
  const { pieces, chunks } = readRange(map, { from: 0, to: end, bytesMax: 1e9 });
  const left = [...chunks];
  let at = 0;
  const gaps: [number, number][] = [];
  for (const piece of pieces) {
    if (piece.is === "gap") {
      expect(["log-truncated", "log-stalled", "agent-restart"]).toContain(piece.gap.why);
      gaps.push([piece.gap.off, piece.gap.to]);
      at = piece.gap.to;
    } else {
      expect(Buffer.from(left.shift() ?? []).toString()).toBe(source(at, at + piece.length).toString());
      at += piece.length;
    }
  }
  expect(at).toBe(end);
  return gaps;
}

for (const stamped of [false, true]) {
  test.each([0, 1, 42, 49, 84, 499, 509])(
    `a log (stamped: ${stamped}) cut to %i bytes within the second shows what came since, and a gap for the rest, twice`,
    (leftBytes) => {
      const { log, print } = printing(stamped);
      for (const _round of [1, 2]) {
        print(500);
        log.wallMs += 1_000;
        print(10);
        const cut = log.end;
        truncateSync(path(), leftBytes);
        // As long as what was left, so that lengths alone tell nothing.
        print(50);
        print(leftBytes + 1);
        log.wallMs += 5_000;
        print(50);
        const gaps = gapsOf(log);
        expect(gaps).toHaveLength(1);
        // All that came since is there, of a stamped log from the first line on that began since.
        expect(gaps[0]?.[0]).toBe(0);
        expect(gaps[0]?.[1]).toBeLessThanOrEqual(stamped ? cut + 42 : cut);
      }
    },
  );
}

test.each([false, true])(
  "a log (stamped: %s) truncated within the second in which it is full is not rotated, nor read wrong, twice",
  (stamped) => {
    const { log, print } = printing(stamped, { sizeBytes: 1_500 });
    for (const _round of [1, 2]) {
      print(1_400);
      const cut = log.end;
      truncateSync(path());
      print(150);
      print(10);
      const gaps = gapsOf(log);
      expect(gaps.at(-1)?.[1]).toBeGreaterThanOrEqual(cut);
      expect(gaps.at(-1)?.[1]).toBeLessThanOrEqual(stamped ? cut + 42 : cut);
      expect(readdirSync(dir).filter((name) => name.startsWith("n1.log"))).toEqual(["n1.log"]);
    }
  },
);

test("a log that is copied beside and truncated is found so within a second, twice", () => {
  const { log, print } = printing(false);
  for (const round of [1, 2]) {
    print(500);
    log.wallMs += 1_000;
    print(10);
    const cut = log.end;
    copyFileSync(path(), `${path()}.${round}`);
    truncateSync(path());
    print(100);
    log.wallMs += 1_000;
    print(50);
    expect(gapsOf(log)).toEqual([[0, cut]]);
  }
});

test.each([true, false])(
  "a log (stamped: %s) cut by an unclean stop to before its last segment lacks what it lacks, whatever is there later, twice",
  (stamped) => {
    for (const _round of [1, 2]) {
      const before = printing(stamped);
      const { log, print } = before;
      const from = log.end;
      const fromBytes = statSync(path(), { throwIfNoEntry: false })?.size ?? 0;
      for (let segment = 0; segment < 3; segment += 1) {
        print(42);
        log.end += 10;
      }
      // Behind an unclean stop, the next byte has a place in the file before it has come.
      printing(stamped);
      truncateSync(path(), fromBytes + 30 + 10);
      const { end } = printing(stamped).log;
      printing(stamped).close();
      appendFileSync(path(), "foreign\n".repeat(50));
      const after = printing(stamped);
      after.print(20);
      after.close();
      const gaps = gapsOf(after.log).filter(([off]) => off >= from);
      // Of a stamped log, some bytes of its first line are left.
      expect(gaps[0]?.[0]).toBeGreaterThan(from + (stamped ? 0 : 39));
      expect(gaps[0]?.[0]).toBeLessThanOrEqual(from + (stamped ? 10 : 40));
      expect(gaps.at(-1)?.[1]).toBeGreaterThanOrEqual(end);
      expect(gaps.at(-1)?.[1]).toBeLessThan(after.log.end);
    }
  },
);
