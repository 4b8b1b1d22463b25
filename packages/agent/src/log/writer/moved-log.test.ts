import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readHostPositions } from "../../shards/host-positions.ts";
import { recordsOf } from "../backlogs.ts";
import { verifyLog } from "../reader/verify-log.ts";
import type { OpenLog, WriterReply } from "../writer-messages.ts";
import { LogWriter } from "./log-writer.ts";

/** Writers in this process, one after the other, for the console n1, which prints lines. */
function site(mode: Pick<OpenLog, "journal" | "stamped"> = {}) {
  const dir = mkdtempSync(join(tmpdir(), "confed-moved-"));
  onTestFinished(() => {
    rmSync(dir, { recursive: true });
  });
  const options = { stateDir: join(dir, "state"), pathTemplate: join(dir, "&.log"), mode: 0o640 };
  const replies: WriterReply[] = [];
  let wallMs = 1_000_000;
  let seq = 0;
  const start = () =>
    new LogWriter(options, undefined, {
      wallTimeMs: () => (wallMs += 10),
      monotonicMs: () => wallMs,
      reply: (reply) => replies.push(reply),
    });
  let writer = start();
  let end = { logId: "", offset: 0 };
  const openAt = (path: string | undefined, behind: boolean) => {
    const resume = end.logId === "" ? {} : { resume: end, behind };
    writer.do({ do: "open", consoles: [{ number: 1, name: "n1", path, ...mode, ...resume }] });
    const opened = replies.findLast((reply) => reply.tell === "opened")?.logs[0];
    if (opened === undefined) throw new Error(`not opened: ${JSON.stringify(replies)}`);
    if (end.logId === "") writer.do({ do: "begin", numbers: [1] });
    return opened;
  };
  return {
    dir,
    replies,
    open: (path?: string) => {
      const opened = openAt(path, false);
      if (end.logId === "") end = { logId: opened.logId, offset: opened.offset };
      return opened;
    },
    /** What it was refused. */
    print: (text: string) => {
      const bytes = Buffer.from(text);
      writer.batch((seq += 1), recordsOf(1, [{ offset: end.offset, bytes }]));
      end = { ...end, offset: end.offset + bytes.byteLength };
      const said = replies.findLast((reply) => reply.tell === "ack");
      return said?.refused ?? [];
    },
    again: (offset: number, text: string) => {
      const bytes = Buffer.from(text);
      writer.again((seq += 1), recordsOf(1, [{ offset, bytes }]), { number: 1, final: true });
    },
    kill: (meanwhile: () => void = () => undefined) => {
      writer.end();
      meanwhile();
      writer = start();
      end = { logId: "", offset: 0 };
    },
    /** To a writer that closes it, as its agent has no such console. */
    leave: () => {
      writer.do({ do: "close", consoles: [{ number: 1, end: end.offset }], leave: true });
      writer.end();
      writer = start();
      writer.do({ do: "open", consoles: [{ number: -1, name: "n1", left: end }] });
      writer.do({ do: "close", consoles: [{ number: -1, end: end.offset }] });
      end = { logId: "", offset: 0 };
    },
    /** Another console prints this there, and is removed. */
    other: (path: string, text: string) => {
      writer.do({ do: "open", consoles: [{ number: 2, name: "n2", path }] });
      const { offset = 0 } = replies.findLast((reply) => reply.tell === "opened")?.logs[0] ?? {};
      writer.do({ do: "begin", numbers: [2] });
      const bytes = Buffer.from(text);
      writer.batch((seq += 1), recordsOf(2, [{ offset, bytes }]));
      writer.do({ do: "close", consoles: [{ number: 2, end: offset + bytes.byteLength }] });
    },
    positions: () => readHostPositions(options.stateDir),
    stop: () => {
      writer.do({ do: "close", consoles: [{ number: 1, end: end.offset }] });
      writer.end();
    },
    text: (path: string) =>
      readFileSync(join(dir, path), "utf8").replaceAll(/^\[[^\]]*\] |^\S+ (?=line)/gm, ""),
    verify: () => verifyLog("n1", options.stateDir),
  };
}

test.each([{}, { stamped: true }, { journal: true }])(
  "a log that is moved (%j) ends where it was and begins where it shall be, there and back, twice",
  (mode) => {
    const { dir, open, print, stop, text, verify } = site(mode);
    open();
    const own = join(dir, "rack1/&");
    for (let round = 0; round < 2; round += 1) {
      print(`line ${round}a\n`);
      expect(open(own).path).toBe(join(dir, "rack1/n1"));
      print(`line ${round}b\n`);
      expect(open().path).toBe(join(dir, "n1.log"));
    }
    print("line 2a\n");
    stop();
    expect(text("n1.log")).toBe("line 0a\nline 1a\nline 2a\n");
    expect(text("rack1/n1")).toBe("line 0b\nline 1b\n");
    expect(verify()).toMatchObject({ faults: [], gaps: [], bytes: 40, from: 0, to: 40 });
  },
);

test.each(["before anything is in the new file", "behind it"])(
  "an unclean stop of a log that was moved, %s, loses nothing that was written, twice",
  (when) => {
    const { dir, open, print, kill, stop, verify } = site({ journal: true });
    const own = join(dir, "own.log");
    open();
    for (let round = 1; round <= 2; round += 1) {
      print("line 0a\n");
      open(own);
      if (when === "behind it") print("line 0b\n");
      kill();
      open(own);
      print("line 0c\n");
      open();
    }
    stop();
    const { faults, gaps, bytes } = verify();
    expect(faults).toEqual([]);
    expect(gaps.map(({ why }) => why)).toEqual(["agent-restart", "agent-restart"]);
    expect(bytes).toBe((when === "behind it" ? 6 : 4) * 8);
  },
);

test("what a log was refused at one path is taken at the next, and a path that cannot be keeps nothing open", () => {
  const { dir, replies, open, print, again, stop, text, verify } = site();
  open();
  print("line 0a\n");
  for (let round = 0; round < 2; round += 1) {
    const bad = join(dir, `bad${round}`);
    mkdirSync(bad);
    open(bad);
    expect(print("line xx\n")).toEqual([{ number: 1, next: 8 + round * 24 }]);
    const failing = replies.findLast((reply) => reply.tell === "failing");
    expect(failing?.message).toContain("EISDIR");
    open(join(dir, "good/&"));
    // Its order is kept: first what was refused.
    expect(print("line yy\n")).toEqual([{ number: 1, next: 8 + round * 24 }]);
    again(8 + round * 24, "line xx\nline yy\n");
    expect(print("line zz\n")).toEqual([]);
    expect(readdirSync(bad)).toEqual([]);
  }
  stop();
  expect(text("n1.log")).toBe("line 0a\n");
  expect(text("good/n1")).toBe("line xx\nline yy\nline zz\n".repeat(2));
  expect(verify()).toMatchObject({ faults: [], gaps: [], bytes: 56 });
});

test("a log that was left and that no console has is closed in its own file, and goes on there", () => {
  const { dir, open, print, leave, stop, text, verify, positions } = site();
  const own = join(dir, "own");
  open(own);
  print("line 0a\n");
  leave();
  expect(positions().get("n1")).toMatchObject({ file: own, clean: true, end: 8 });
  open(own);
  print("line 0b\n");
  stop();
  expect(text("own")).toBe("line 0a\nline 0b\n");
  expect(readdirSync(dir).sort()).toEqual(["own", "state"]);
  expect(verify()).toMatchObject({ faults: [], gaps: [], bytes: 16 });
});

test("a log that takes over the file of a console that is gone has its own bytes only, twice", () => {
  const { dir, open, other, print, stop, text, verify } = site();
  open();
  print("line 0a\n");
  for (let round = 0; round < 2; round += 1) {
    const theirs = join(dir, `theirs${round}`);
    other(theirs, "not ours\n");
    open(theirs);
    print("line 0b\n");
    expect(text(`theirs${round}`)).toBe("not ours\nline 0b\n");
  }
  stop();
  expect(verify()).toMatchObject({ faults: [], gaps: [], bytes: 24 });
});

test("a log whose file somebody has removed is moved with its numbers as they are, twice", () => {
  const { dir, replies, open, print, stop } = site();
  let at = "n1.log";
  open();
  for (let round = 0; round < 2; round += 1) {
    print("line 0a\n");
    rmSync(join(dir, at));
    at = `own${round}`;
    expect(open(join(dir, at)).offset).toBe((round + 1) * 8);
  }
  stop();
  expect(replies.filter(({ tell }) => tell === "gap")).toEqual([]);
});

test("a file that a power loss took with its folder is made again from the journal where it was, twice", () => {
  const { dir, open, print, kill, stop, text } = site({ journal: true });
  const own = join(dir, "own/&");
  for (let round = 0; round < 2; round += 1) {
    open(own);
    print(`line ${round}\n`);
    kill(() => {
      rmSync(join(dir, "own"), { recursive: true });
    });
    expect(text("own/n1")).toBe(`line ${round}\n`);
  }
  open(own);
  stop();
  expect(readdirSync(dir).sort()).toEqual(["own", "state"]);
});
