/**
 * The log writer: a child process of an agent. Frames come in on stdin, replies go out on stdout.
 * It ends when stdin does, after everything that was given to it has been written.
 */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { ConfedError, systemClock } from "@confed/kernel";
import { AGAIN_HEAD_BYTES, FRAME, FrameReader, jsonFrame } from "../frames.ts";
import { pathOfLog } from "../log-path.ts";
import type { WriterCommand, WriterReady, WriterReply } from "../writer-messages.ts";
import { type Ahead, getReady } from "./ahead.ts";
import { type KeeperProcess, startKeeper } from "./keeper-process.ts";
import { LogWriter } from "./log-writer.ts";
import { letGo, outlivedBy } from "./predecessor.ts";

// Ten thousand consoles that are opened would leave 40 MiB of room for new objects behind; what a batch
// needs is gone with it.
setFlagsFromString("--semi-space-growth-factor=1");

// The agent decides when we stop: a terminal's Ctrl-C reaches the whole process group.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

let writer: LogWriter | undefined;
let keeper: KeeperProcess | undefined;
let pathTemplate = "";
let positionsDir = "";
let ahead: Ahead | undefined;
/** What a writer that was told to end needs to write what it has; one that hangs takes longer. */
const PREDECESSOR_WAIT_MS = 3_000;

const say = (text: string) => {
  process.stderr.write(`${text}\n`);
};

const reply = (message: WriterReply | WriterReady) => {
  process.stdout.write(jsonFrame(message));
};

const reader = new FrameReader((kind, payload) => {
  if (kind === FRAME.batch) {
    const seq = new DataView(payload.buffer, payload.byteOffset).getFloat64(0, true);
    writer?.batch(seq, payload.subarray(8));
    return;
  }
  if (kind === FRAME.again) {
    const view = new DataView(payload.buffer, payload.byteOffset);
    const of = { number: view.getUint32(8, true), final: view.getUint8(12) === 1 };
    writer?.again(view.getFloat64(0, true), payload.subarray(AGAIN_HEAD_BYTES), of);
    return;
  }
  const command = JSON.parse(Buffer.from(payload).toString()) as WriterCommand;
  if (command.do === "ahead") {
    const { logs, group } = command;
    const gid = group === undefined ? undefined : gidOf(group);
    ahead = getReady(command, gid, { logs, nowMs: systemClock.wallTimeMs() });
    reply({ tell: "ready" });
    return;
  }
  if (command.do !== "start") {
    if (command.do === "open")
      for (const { name, path = pathTemplate } of command.consoles) keeper?.keep(pathOfLog(path, name));
    writer?.do(command);
    return;
  }
  const gid = command.group === undefined ? undefined : gidOf(command.group);
  pathTemplate = command.pathTemplate;
  positionsDir = command.positionsDir ?? command.stateDir;
  const stuck = outlivedBy(positionsDir, {
    pid: process.pid,
    waitMs: PREDECESSOR_WAIT_MS,
  });
  if (stuck) say("the log writer before this one hangs; its files are left to it");
  if (command.rotate !== undefined)
    keeper = startKeeper({ compress: command.compress, keep: command.keep }, say);
  writer = new LogWriter({ ...command, leaveFiles: stuck || command.leaveFiles === true }, gid, {
    wallTimeMs: () => systemClock.wallTimeMs(),
    monotonicMs: () => systemClock.nowMs(),
    reply,
    ahead,
    onLeft: () => {
      letGo(positionsDir);
    },
    onTrouble: say,
    onRotated: (_segment, log) => {
      keeper?.keep(log);
    },
  });
  ahead = undefined;
});

process.stdin.on("data", (bytes: Buffer) => {
  reader.feed(bytes);
});
process.stdin.on("end", () => {
  writer?.end();
  keeper?.end();
});
// The agent is gone: nobody reads replies, what was given is still written.
process.stdout.on("error", () => undefined);

function gidOf(group: string): number {
  if (/^\d+$/.test(group)) return Number(group);
  // group(5): name:password:gid:members
  const line = readFileSync("/etc/group", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${group}:`));
  const gid = Number(line?.split(":")[2]);
  if (Number.isInteger(gid)) return gid;
  throw new ConfedError("invalid_argument", `no group ${group} in /etc/group`, { subject: "logs.group" });
}
