import { type ChildProcess, spawn } from "node:child_process";
import type * as Fs from "node:fs";
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { decodeIndex, logMapOf } from "@confed/codecs";
import { systemClock } from "@confed/kernel";
import { CrashImages, diskShim, memoryFolder } from "@confed/testkit";
import { expect, onTestFinished, test, vi } from "vitest";
import { recordsOf } from "../backlogs.ts";
import { FRAME, FrameReader, frameHeader, jsonFrame } from "../frames.ts";
import { indexPathOf } from "../log-path.ts";
import { readRange } from "../reader/read-range.ts";
import type { OpenedLog, WriterCommand, WriterReply } from "../writer-messages.ts";
import { LogWriter } from "./log-writer.ts";

// F8. What a real log writer did to its files is recorded; then the power is lost at every moment, in
// many ways, and the log writer is started on what may be left.

/** Files of an image are those that were lost: the index names them by inode and birth. */
const lost = vi.hoisted(() => ({
  files: new Map<string, { readonly ino: number; readonly birthtimeMs: number }>(),
}));

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof Fs>();
  const asLost = (stat: Fs.Stats | undefined) =>
    stat === undefined ? stat : Object.assign(stat, lost.files.get(`${stat.ino}.${stat.birthtimeMs}`));
  return {
    ...fs,
    statSync: (...args: Parameters<typeof Fs.statSync>) => asLost(fs.statSync(...args) as Fs.Stats),
    fstatSync: (fd: number) => asLost(fs.fstatSync(fd)),
  };
});

const CONSOLES = [
  { number: 1, name: "journaled", journal: true },
  { number: 2, name: "plain" },
] as const;

const SEEDS_A_MOMENT = 2;

const source = (number: number, from: number, to: number) =>
  Buffer.from(Uint8Array.from({ length: to - from }, (_, at) => 1 + ((number * 31 + (from + at) * 7) % 250)));

/** mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test("a power loss costs a journaled log a second, a plain one what was not written back, and no log its sense", {
  timeout: 180_000,
}, async (context) => {
  const dir = memoryFolder("confed-power-");
  onTestFinished(() => {
    rmSync(dir, { recursive: true });
  });
  const root = join(dir, "disk");
  const shim = await diskShim(root, { traced: true });
  if (typeof shim === "string") return context.skip(shim);
  const sent = await recorded(root, shim.env);
  const images = new CrashImages(shim.trace, root);
  expect(images.count).toBeGreaterThan(100);
  let lostBytes = 0;
  for (let moment = 1; moment < images.count; moment += 1) {
    for (let seed = 0; seed < SEEDS_A_MOMENT; seed += 1) {
      const random = randomFrom(moment * 1_000 + seed);
      const order = (path: string) => (/journal/.test(path) ? "any" : "in order");
      const { atUs, files } = images.build(moment, { random, order });
      lost.files = new Map(files);
      const what = `moment ${moment}, seed ${seed}`;
      for (const [at, found] of started(root, what).entries()) {
        const { number } = CONSOLES[at] ?? CONSOLES[0];
        const given = sent.filter((each) => each.number === number && each.atUs < atUs);
        const givenEnd = given.at(-1)?.end ?? 0;
        // No offset is given twice.
        expect(found.opened.offset, `${what}: offset`).toBeGreaterThanOrEqual(givenEnd);
        if (number === 1) {
          const safeEnd =
            sent.filter((each) => each.number === 1 && each.atUs < atUs - 1_000_000).at(-1)?.end ?? 0;
          expect(found.end, `${what}: journaled`).toBeGreaterThanOrEqual(safeEnd);
        } else lostBytes += Math.max(0, givenEnd - found.end);
      }
    }
  }
  // Without a journal something is lost: else nothing was tried here.
  expect(lostBytes).toBeGreaterThan(0);
});

/** Start on what is left, twice, log on and read everything. Fails for any byte that is not what it was. */
function started(root: string, what: string): { readonly opened: OpenedLog; readonly end: number }[] {
  // The first start may be lost as well.
  opened(root).writer.end();
  const { writer, logs } = opened(root);
  const found = logs.map((log, at) => {
    const { number, name } = CONSOLES[at] ?? CONSOLES[0];
    // What comes next is numbered behind the gap.
    const bytes = source(number, log.offset, log.offset + 500);
    writer.batch(1 + at, recordsOf(number, [{ offset: log.offset, bytes }]));
    const index = readFileSync(indexPathOf(join(root, "state"), name), "utf8");
    const map = logMapOf(decodeIndex(index).records, log.logId);
    const { pieces, chunks } = readRange(map, { from: 0, to: log.offset + 500, bytesMax: 1e9 });
    let end = 0;
    let chunkAt = 0;
    for (const piece of pieces) {
      if (piece.is === "gap") continue;
      const chunk = Buffer.from(chunks[chunkAt] ?? []);
      chunkAt += 1;
      if (!chunk.equals(source(number, piece.off, piece.off + piece.length)))
        throw new Error(`${what}: ${name} has wrong bytes at ${piece.off}`);
      if (piece.off < log.offset) end = piece.off + piece.length;
    }
    const last = pieces.at(-1);
    expect(last?.is === "bytes" && last.off + last.length, what).toBe(log.offset + 500);
    return { opened: log, end };
  });
  writer.end();
  return found;
}

function opened(root: string): { readonly writer: LogWriter; readonly logs: readonly OpenedLog[] } {
  const replies: WriterReply[] = [];
  const options = { stateDir: join(root, "state"), pathTemplate: join(root, "&.log"), mode: 0o640 };
  const writer = new LogWriter(options, undefined, {
    wallTimeMs: () => 1,
    monotonicMs: () => 1,
    reply: (reply) => replies.push(reply),
  });
  writer.do({ do: "open", consoles: CONSOLES });
  writer.do({ do: "begin", numbers: [1, 2] });
  const reply = replies.find(({ tell }) => tell === "opened");
  if (reply?.tell !== "opened") throw new Error(`not opened: ${JSON.stringify(replies)}`);
  return { writer, logs: reply.logs };
}

interface SentBytes {
  readonly number: number;
  readonly end: number;
  /** When the writer had acknowledged them. */
  readonly atUs: number;
}

/** A real log writer's life of some seconds: output, rotations and a gap. Returns what it was given. */
async function recorded(root: string, env: Readonly<Record<string, string>>): Promise<readonly SentBytes[]> {
  const entry = createRequire(import.meta.url).resolve("@confed/agent/log-writer");
  const child = spawn(process.execPath, [entry], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  const replies = repliesOf(child);
  const command = (order: WriterCommand) => child.stdin.write(jsonFrame(order));
  command({
    ...{ do: "start", stateDir: join(root, "state"), pathTemplate: join(root, "&.log"), mode: 0o640 },
    rotate: { sizeBytes: 24_000 },
  });
  command({ do: "open", consoles: CONSOLES });
  await replies.next((reply) => reply.tell === "opened");
  command({ do: "begin", numbers: [1, 2] });
  const random = randomFrom(7);
  const sent: SentBytes[] = [];
  const ends = new Map<number, number>();
  for (let seq = 1; seq <= 36; seq += 1) {
    const stretches = CONSOLES.map(({ number }) => {
      // Once, some of the journaled console's output is missing.
      const offset = (ends.get(number) ?? 0) + (number === 1 && seq === 20 ? 1_000 : 0);
      const end = offset + 200 + Math.floor(random() * 4_000);
      ends.set(number, end);
      return { number, offset, end };
    });
    const records = Buffer.concat(
      stretches.map(({ number, offset, end }) =>
        recordsOf(number, [{ offset, bytes: source(number, offset, end) }]),
      ),
    );
    const head = Buffer.alloc(8);
    head.writeDoubleLE(seq);
    child.stdin.write(Buffer.concat([frameHeader(FRAME.batch, 8 + records.byteLength), head, records]));
    await replies.next((reply) => reply.tell === "ack" && reply.seq === seq);
    const atUs = Number(process.hrtime.bigint() / 1_000n);
    for (const { number, end } of stretches) sent.push({ number, end, atUs });
    // In the cadence of an agent: the journal syncs by the clock, of another process.
    await new Promise<void>((resolve) => systemClock.after(100, resolve));
  }
  child.stdin.end();
  await new Promise((resolve) => child.once("close", resolve));
  return sent;
}

function repliesOf(child: ChildProcess) {
  const unread: WriterReply[] = [];
  let wake: () => void = () => undefined;
  const reader = new FrameReader((_kind, payload) => {
    unread.push(JSON.parse(Buffer.from(payload).toString()) as WriterReply);
    wake();
  });
  child.stdout?.on("data", (bytes: Buffer) => {
    reader.feed(bytes);
  });
  const next = async (wanted: (reply: WriterReply) => boolean): Promise<void> => {
    for (;;) {
      const at = unread.findIndex(wanted);
      if (at !== -1) {
        unread.splice(0, at + 1);
        return;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { next };
}
