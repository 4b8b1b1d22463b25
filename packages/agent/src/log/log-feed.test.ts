import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_MODE } from "@confed/config";
import { type Clock, silentLogger, systemClock } from "@confed/kernel";
import { FakeClock } from "@confed/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FedConsole, LogFeed } from "./log-feed.ts";
import { LOG_LIMITS } from "./log-limits.ts";
import type { OpenedLog, WriterCommand } from "./writer-messages.ts";
import { spawnWriter, type WriterEvents, type WriterProcess } from "./writer-process.ts";

let dir: string;
const closers: (() => unknown)[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "confed-feed-"));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(dir, { recursive: true });
});

/** A console reduced to its numbering. */
class Numbering implements FedConsole {
  readonly name: string;
  end = { logId: "", offset: 0 };
  logMode = DEFAULT_MODE;
  logged = 0;
  get loggedEnd(): number {
    return this.logged;
  }
  gaps = 0;
  droppedBytes = 0;
  late = 0;
  troubles: (string | undefined)[] = [];
  #waiters: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  onOpened({ logId, offset }: OpenedLog): void {
    this.end = { logId, offset };
    this.logged = offset;
    this.#wake();
  }
  onLogged(offset: number, bytes: number): void {
    this.logged = offset + bytes;
    this.#wake();
  }
  onReserved(): void {
    this.#wake();
  }
  onLogLate(): void {
    this.late += 1;
  }
  onDropped(bytes: number): void {
    this.droppedBytes += bytes;
  }
  onGap(): void {
    this.gaps += 1;
  }
  onLogTrouble(error: Error | undefined): void {
    this.troubles.push(error?.message);
    this.#wake();
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }
  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}

const options = () => ({ stateDir: join(dir, "state"), pathTemplate: join(dir, "&.log"), mode: 0o640 });

function realFeed() {
  const writers: WriterProcess[] = [];
  const feed = new LogFeed(options(), {
    clock: systemClock,
    logger: silentLogger,
    spawn: (events) => {
      const writer = spawnWriter(silentLogger, events);
      writers.push(writer);
      return writer;
    },
  });
  closers.push(() => feed.stop());
  return { feed, writers };
}

const line = (seq: number) => Buffer.from(`line ${seq} ${"x".repeat(60)}\r\n`);

test("everything given is in the log after stop, in order", async () => {
  const { feed } = realFeed();
  const console = new Numbering("n1");
  feed.open(1, console);
  await console.until(() => console.end.logId !== "");
  const lines = Array.from({ length: 5_000 }, (_, seq) => line(seq));
  for (const bytes of lines) {
    expect(feed.append(1, console.end.offset, bytes)).toBe(true);
    console.end = { ...console.end, offset: console.end.offset + bytes.byteLength };
  }
  await feed.stop();
  expect(readFileSync(join(dir, "n1.log")).equals(Buffer.concat(lines))).toBe(true);
});

test("a log writer killed under load is replaced, and the log is exact, twice", async () => {
  const { feed, writers } = realFeed();
  const console = new Numbering("n1");
  feed.open(1, console);
  await console.until(() => console.end.logId !== "");
  const lines: Buffer[] = [];
  for (const round of [1, 2]) {
    for (let seq = 0; seq < 20_000; seq++) {
      const bytes = line(round * 1e6 + seq);
      lines.push(bytes);
      feed.append(1, console.end.offset, bytes);
      console.end = { ...console.end, offset: console.end.offset + bytes.byteLength };
      if (seq === 10_000) {
        feed.flush();
        process.kill(writers.at(-1)?.pid ?? 0, "SIGKILL");
      }
    }
    feed.flush();
    await console.until(() => console.logged === console.end.offset);
    expect(writers).toHaveLength(round + 1);
  }
  await feed.stop();
  expect(console.gaps).toBe(0);
  expect(readFileSync(join(dir, "n1.log")).equals(Buffer.concat(lines))).toBe(true);
});

/** A writer that does nothing until told. */
function stalledFeed(clock: Clock = systemClock) {
  const commands: WriterCommand[] = [];
  const seqs: number[] = [];
  let events: WriterEvents | undefined;
  const feed = new LogFeed(options(), {
    clock,
    logger: silentLogger,
    spawn: (given) => {
      events = given;
      return {
        pid: undefined,
        command: (command) => commands.push(command),
        batch: (seq) => seqs.push(seq),
        again: (seq) => seqs.push(seq),
        ahead: () => Promise.resolve(),
        end: () => Promise.resolve(),
      };
    },
  });
  const reply: WriterEvents["onReply"] = (message) => events?.onReply(message);
  const die = () => events?.onDied("killed");
  return { feed, commands, seqs, reply, die };
}

test("a stalled writer costs a bounded memory, and append says when there is no more", () => {
  const { feed, seqs, reply } = stalledFeed();
  const block = new Uint8Array(64 * 1024);
  let taken = 0;
  while (feed.append(1, taken * block.byteLength, block)) taken += 1;
  const boundBytes = LOG_LIMITS.arenaBytes * LOG_LIMITS.arenaCountMax;
  expect(taken * block.byteLength).toBeGreaterThan(boundBytes * 0.9);
  expect(taken * block.byteLength).toBeLessThanOrEqual(boundBytes);
  reply({ tell: "ack", seq: seqs.at(-1) ?? 0 });
  expect(feed.append(1, 0, block)).toBe(true);
});

test("what the log does not have yet can be read from the arenas, from any offset", () => {
  const { feed, seqs, reply } = stalledFeed();
  feed.append(1, 0, Buffer.from("abc"));
  feed.append(2, 0, Buffer.from("other"));
  feed.flush();
  feed.append(1, 3, Buffer.from("def"));
  const text = (from: number) =>
    feed.unlogged(1, from).map(({ offset, bytes }) => [offset, Buffer.from(bytes).toString()]);
  expect(text(0)).toEqual([
    [0, "abc"],
    [3, "def"],
  ]);
  expect(text(2)).toEqual([
    [2, "c"],
    [3, "def"],
  ]);
  reply({ tell: "ack", seq: seqs[0] ?? 0 });
  expect(text(0)).toEqual([[3, "def"]]);
});

test("what a console printed last is logged though its writer is dead when it is closed", async () => {
  const clock = new FakeClock();
  const { feed, commands, seqs, reply, die } = stalledFeed(clock);
  const console = new Numbering("n1");
  feed.open(1, console);
  await Promise.resolve();
  reply({ tell: "opened", logs: [{ number: 1, logId: "a", offset: 0, reservedEnd: 99, path: "p" }] });
  feed.append(1, 0, Buffer.from("last words"));
  console.end = { logId: "a", offset: 10 };
  feed.flush();
  die();
  commands.length = 0;
  const closed = feed.close(1);
  // Another writer, at once: opened again, given it again, closed.
  expect(commands.map(({ do: what }) => what)).toEqual(["start", "open", "close"]);
  expect(seqs).toEqual([1, 1]);
  expect(commands.at(-1)).toEqual({ do: "close", consoles: [{ number: 1, end: 10 }] });
  reply({ tell: "closed", numbers: [1], positions: [] });
  expect(await closed).toBeUndefined();
  await feed.stop();
  expect(clock.pending).toBe(0);
});

test("a stop ends at once, and leaves nothing behind, when the log writer dies over it, twice", async () => {
  const clock = new FakeClock();
  const { feed, commands, reply, die } = stalledFeed(clock);
  const console = new Numbering("n1");
  feed.open(1, console);
  await Promise.resolve();
  for (const round of [1, 2]) {
    reply({ tell: "opened", logs: [{ number: 1, logId: "a", offset: 0, reservedEnd: 99, path: "p" }] });
    feed.append(1, 10 * (round - 1), Buffer.from("last words"));
    console.end = { logId: "a", offset: 10 * round };
    const stopped = feed.stop();
    expect(commands.at(-1)).toEqual({ do: "close", consoles: [{ number: 1, end: 10 * round }] });
    const startedCount = commands.filter(({ do: what }) => what === "start").length;
    die();
    await stopped;
    // Nobody is started in its place, and nothing waits for its answer.
    expect(commands.filter(({ do: what }) => what === "start")).toHaveLength(startedCount);
    expect(clock.pending).toBe(0);
    if (round === 1) feed.restart([Object.assign(console, { number: 1 })]);
  }
});

test("a console whose log cannot be opened is numbered all the same, and told why", async () => {
  const clock = new FakeClock();
  const { feed, reply, seqs } = stalledFeed(clock);
  const console = new Numbering("n1");
  feed.open(1, console);
  reply({ tell: "failing", number: 1, code: "resource_exhausted", message: "no space left", unopened: true });
  expect(console.end.logId).toMatch(/^[0-9a-f]{16}$/);
  expect(console.troubles).toEqual(["[resource_exhausted] no space left"]);
  reply({
    tell: "opened",
    logs: [{ number: 1, logId: console.end.logId, offset: 0, reservedEnd: 9, path: "p" }],
  });
  // It shows that it can be written when it takes what it missed.
  clock.advance(500);
  expect(console.troubles).toHaveLength(1);
  reply({ tell: "ack", seq: seqs.at(-1) ?? 0 });
  expect(console.troubles.at(-1)).toBeUndefined();
  void feed.close(1);
  await feed.stop();
});

test("a log is written again when what was kept for it is taken, and nothing printed then is lost, twice", async () => {
  const clock = new FakeClock();
  const { feed, reply, seqs } = stalledFeed(clock);
  const console = new Numbering("n1");
  feed.open(1, console);
  reply({ tell: "opened", logs: [{ number: 1, logId: "a", offset: 0, reservedEnd: 99, path: "p" }] });
  for (const round of [1, 2]) {
    feed.append(1, 3 * (round - 1), Buffer.from("abc"));
    feed.flush();
    reply({
      tell: "failing",
      number: 1,
      code: "resource_exhausted",
      message: "no space left",
      unopened: false,
    });
    reply({ tell: "ack", seq: seqs.at(-1) ?? 0, refused: [{ number: 1, next: 3 * (round - 1) }] });
    clock.advance(500);
    // The writer has it; its answer to the offer is still on its way.
    reply({ tell: "healed", number: 1 });
    expect([console.troubles.at(-1), feed.late(1)]).toEqual(["[resource_exhausted] no space left", true]);
    reply({ tell: "ack", seq: seqs.at(-1) ?? 0 });
    expect([console.troubles.at(-1), feed.late(1)]).toEqual([undefined, false]);
    expect(console.troubles).toHaveLength(2 * round);
  }
  void feed.close(1);
  await feed.stop();
});

test("consoles are told when the log does not follow any more", async () => {
  const clock = new FakeClock();
  const { feed, reply, seqs } = stalledFeed(clock);
  const console = new Numbering("n1");
  feed.open(1, console);
  reply({ tell: "opened", logs: [{ number: 1, logId: "a", offset: 0, reservedEnd: 99, path: "p" }] });
  feed.append(1, 0, Buffer.from("abc"));
  feed.flush();
  clock.advance(LOG_LIMITS.lateAfterMs - 1);
  expect([console.late, feed.late(1)]).toEqual([0, false]);
  clock.advance(1);
  expect([console.late, feed.late(1)]).toEqual([1, true]);
  reply({ tell: "ack", seq: seqs[0] ?? 0 });
  clock.advance(LOG_LIMITS.lateAfterMs);
  expect([console.late, feed.late(1)]).toEqual([1, false]);
  void feed.close(1);
  await feed.stop();
  expect(clock.pending).toBe(0);
});

test("a log that does not answer lets its console work, and goes on under the console's own id", async () => {
  const clock = new FakeClock();
  const { feed, reply, commands } = stalledFeed(clock);
  const console = new Numbering("n1");
  feed.open(1, console);
  await Promise.resolve();
  clock.advance(10_000);
  const { logId } = console.end;
  expect(logId).toMatch(/^[0-9a-f]{16}$/);
  reply({ tell: "opened", logs: [{ number: 1, logId: "theirs", offset: 7, reservedEnd: 99, path: "p" }] });
  clock.advance(1_000);
  await Promise.resolve();
  expect(commands.findLast((command) => command.do === "open")).toEqual({
    do: "open",
    consoles: [{ number: 1, name: "n1", resume: { logId, offset: 0 }, behind: true }],
  });
  expect(commands.some((command) => command.do === "begin")).toBe(false);
  void feed.close(1);
  await feed.stop();
  expect(clock.pending).toBe(0);
});

test("a log has its whole time to answer, however soon it is asked for after others, twice", async () => {
  const clock = new FakeClock();
  const { feed, reply } = stalledFeed(clock);
  const first = new Numbering("n1");
  feed.open(1, first);
  await Promise.resolve();
  reply({ tell: "opened", logs: [{ number: 1, logId: "a", offset: 0, reservedEnd: 99, path: "p" }] });
  for (const number of [2, 3]) {
    clock.advance(4_900);
    const later = new Numbering(`n${number}`);
    feed.open(number, later);
    await Promise.resolve();
    clock.advance(4_900);
    expect([later.end.logId, later.troubles]).toEqual(["", []]);
    clock.advance(100);
    expect(later.troubles).toEqual(["[deadline_exceeded] the disk with the logs does not answer"]);
  }
  expect(first.troubles).toEqual([]);
  for (const number of [1, 2, 3]) void feed.close(number);
  await feed.stop();
  expect(clock.pending).toBe(0);
});

test("a log that was left to us and that no console has is closed where it ends, once", async () => {
  const { feed, commands, reply } = stalledFeed();
  const [ours, foreign] = [
    { logId: "a", offset: 10 },
    { logId: "b", offset: 20 },
  ];
  feed.opens.leftAt("ours", ours);
  feed.opens.leftAt("foreign", foreign);
  feed.open(1, new Numbering("ours"));
  await Promise.resolve();
  expect(commands.at(-1)).toMatchObject({ do: "open", consoles: [{ number: 1, name: "ours", left: ours }] });
  for (let turn = 0; turn < 2; turn += 1) {
    const before = commands.length;
    feed.opens.closeForeign();
    expect(commands.slice(before)).toEqual(
      turn > 0
        ? []
        : [
            { do: "open", consoles: [{ number: -1, name: "foreign", left: foreign }] },
            { do: "close", consoles: [{ number: -1, end: 20 }] },
          ],
    );
    reply({ tell: "closed", numbers: [-1], positions: [] });
  }
});
