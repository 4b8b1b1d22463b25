import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readSync } from "node:fs";
import type { ConfedError } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { TTY_WRITE_TIMES, TtyWriter } from "./tty-writer.ts";

// A fifo blocks and breaks as a terminal does, and needs no program at its other end.
let readEnd: number;
let writeEnd: number;
let clock: FakeClock;
let log: string[];
let failures: ConfedError[];
let writer: TtyWriter;

beforeEach(() => {
  const path = execFileSync("mktemp", ["-u"], { encoding: "utf8" }).trim();
  execFileSync("mkfifo", [path]);
  readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  writeEnd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  execFileSync("rm", [path]);
  clock = new FakeClock();
  log = [];
  failures = [];
  const note = (message: string) => {
    log.push(message);
  };
  writer = new TtyWriter({
    fd: writeEnd,
    clock,
    logger: { debug: note, info: note, warn: note, error: note },
    where: "/dev/ttyS0",
    onFailed: (error) => {
      failures.push(error);
    },
  });
});
afterEach(() => {
  writer.stop();
  closeSync(writeEnd);
  expect(clock.pending).toBe(0);
});

it("a tty writer says once that the terminal is stuck, and once that it moves again", () => {
  writer.write(Buffer.alloc(500_000));
  clock.advance(TTY_WRITE_TIMES.stuckMs - 1_000);
  expect(log).toEqual([]);
  clock.advance(3 * TTY_WRITE_TIMES.stuckMs);
  expect(log).toEqual([expect.stringContaining("takes no input")]);
  readAll();
  clock.advance(TTY_WRITE_TIMES.retryDelayMsMax);
  expect(log).toEqual([expect.stringContaining("takes no input"), expect.stringContaining("again")]);
  closeSync(readEnd);
});

it("a tty writer asks a stuck terminal ten times a second at most", () => {
  let armed = 0;
  const { after } = FakeClock.prototype;
  clock.after = (delayMs, run) => {
    armed += 1;
    return after.call(clock, delayMs, run);
  };
  writer.write(Buffer.alloc(500_000));
  clock.advance(10_000);
  expect(armed).toBeGreaterThan(90);
  expect(armed).toBeLessThan(110);
  closeSync(readEnd);
});

it("a tty writer resolves drained when all is taken", async () => {
  writer.write(Buffer.alloc(200_000));
  const drained = writer.drained();
  let total = 0;
  for (let turn = 0; turn < 10; turn += 1) {
    total += readAll();
    clock.advance(TTY_WRITE_TIMES.retryDelayMsMin);
  }
  await drained;
  expect(total).toBe(200_000);
  expect(clock.pending).toBe(0);
  closeSync(readEnd);
});

it("a tty writer fails once and takes nothing more when the terminal breaks", async () => {
  writer.write(Buffer.alloc(500_000));
  const drained = writer.drained();
  closeSync(readEnd);
  clock.advance(TTY_WRITE_TIMES.retryDelayMsMax);
  await drained;
  expect(failures).toHaveLength(1);
  expect(writer.write(Buffer.from("x"))).toBe(0);
  expect(failures).toHaveLength(1);
});

function readAll(): number {
  const buffer = Buffer.alloc(64 * 1024);
  for (let total = 0; ; ) {
    try {
      total += readSync(readEnd, buffer);
    } catch {
      return total; // EAGAIN
    }
  }
}
