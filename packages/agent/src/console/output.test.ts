import type { GapRecord } from "@confed/codecs";
import { FakeClock } from "@confed/testkit";
import { expect, test } from "vitest";
import { LOG_LIMITS } from "../log/log-limits.ts";
import { Output } from "./output.ts";

const KIB = 1024;

/** An output over a log that a test plays: it takes what it is given and acknowledges when told. */
function setup({ pausable = true } = {}) {
  const log = { late: false, full: false, reserves: 0, taken: [] as { offset: number; bytes: number }[] };
  const link = { held: false };
  const gaps: GapRecord[] = [];
  const deps = {
    clock: new FakeClock(),
    feed: {
      late: () => log.late,
      shareBytes: LOG_LIMITS.inFlightBytesMax,
      append: (_number: number, offset: number, bytes: Uint8Array) => {
        if (log.full) return false;
        log.taken.push({ offset, bytes: bytes.byteLength });
        return true;
      },
      reserve: () => (log.reserves += 1),
    },
  };
  const reading = {
    hold: () => {
      if (pausable) link.held = true;
      return pausable;
    },
    letGo: () => {
      link.held = false;
    },
  };
  const output = new Output(1, { reading, console: { tellGap: (gap) => gaps.push(gap) }, deps });
  const open = (reservedEnd: number) => {
    output.opened({ number: 1, logId: "a", offset: 0, reservedEnd, path: "p" });
  };
  const block = new Uint8Array(64 * KIB);
  /** Print until `bytes` were printed or the link is held; returns what was printed. */
  const print = (bytes: number) => {
    let printed = 0;
    while (printed < bytes && !link.held) {
      output.take(block);
      printed += block.byteLength;
    }
    return printed;
  };
  const acknowledge = () => {
    for (const { offset, bytes } of log.taken.splice(0)) output.logged(offset, bytes);
  };
  return { log, link, gaps, output, open, print, acknowledge, block };
}

test("offsets follow one another, and everything reaches the log", () => {
  const { output, open, log, print } = setup();
  open(LOG_LIMITS.reservationBytes);
  print(256 * KIB);
  expect(log.taken.map(({ offset }) => offset)).toEqual([0, 64 * KIB, 128 * KIB, 192 * KIB]);
  expect(output.end.offset).toBe(256 * KIB);
});

test("a log that keeps up but is behind holds the console's own link, until it has caught up", () => {
  const { link, open, print, acknowledge } = setup();
  open(1e9);
  expect(print(1e8)).toBeLessThanOrEqual(LOG_LIMITS.inFlightBytesMax + 64 * KIB);
  expect(link.held).toBe(true);
  acknowledge();
  expect(link.held).toBe(false);
});

test("while the log is late reading goes on, and only a backlog of its own is kept", () => {
  const { log, link, output, open, print } = setup();
  open(1e9);
  log.late = true;
  print(4 * 1024 * KIB);
  expect(link.held).toBe(false);
  expect(output.end.offset).toBe(4 * 1024 * KIB);
  const keptBytes = log.taken.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(keptBytes).toBe(LOG_LIMITS.backlogBytesMax);
});

test("a link that was held for a log that then turns late is let go", () => {
  const { log, link, output, open, print } = setup();
  open(1e9);
  print(1e8);
  expect(link.held).toBe(true);
  log.late = true;
  output.logLate();
  expect(link.held).toBe(false);
});

test("a link that cannot be held never has more unlogged than its bound", () => {
  const { log, open, print } = setup({ pausable: false });
  open(1e9);
  print(64 * 1024 * KIB);
  expect(log.taken.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(LOG_LIMITS.floodBytesMax);
});

test("the next reservation is asked for once, well before the end of this one", () => {
  const { log, output, open, print, acknowledge } = setup();
  open(LOG_LIMITS.reservationBytes);
  for (let i = 0; i < 10; i++) {
    print(1024 * KIB);
    acknowledge();
  }
  expect(log.reserves).toBe(1);
  output.reserved(2 * LOG_LIMITS.reservationBytes);
  for (let i = 0; i < 16; i++) {
    print(1024 * KIB);
    acknowledge();
  }
  expect(log.reserves).toBe(2);
});

test("no offset is given out that the disk does not know: the link is held, or the bytes are a gap", () => {
  const held = setup();
  held.open(2 * 1024 * KIB);
  for (let i = 0; i < 100; i++) {
    held.print(1024 * KIB);
    held.acknowledge();
  }
  expect(held.output.end.offset).toBeLessThanOrEqual(2 * 1024 * KIB);
  expect(held.link.held).toBe(true);
  held.output.reserved(64 * 1024 * KIB);
  expect(held.link.held).toBe(false);

  const exec = setup({ pausable: false });
  exec.open(128 * KIB);
  exec.print(256 * KIB);
  expect(exec.output.end.offset).toBe(128 * KIB);
  expect(exec.gaps.length).toBeGreaterThan(0);
  expect(exec.output.gapBytes).toBe(128 * KIB);
});
