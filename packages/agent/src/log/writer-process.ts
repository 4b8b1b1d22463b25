import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { type Logger, once, systemClock } from "@confed/kernel";
import { AGAIN_HEAD_BYTES, FRAME, FrameReader, frameHeader, jsonFrame } from "./frames.ts";
import { LOG_LIMITS } from "./log-limits.ts";
import type { WriterCommand, WriterReady, WriterReply } from "./writer-messages.ts";

/** The agent's end of a running log writer. */
export interface WriterProcess {
  readonly pid: number | undefined;
  command(command: WriterCommand): void;
  /** The only thing that it is told before its turn. Resolves when it is ready, or gone. */
  ahead(command: Extract<WriterCommand, { do: "ahead" }>): Promise<void>;
  /** `records` must stay untouched until the batch is acknowledged: it is not copied. */
  batch(seq: number, records: Uint8Array): void;
  /** Records of one console that were refused before; `final`: it has everything with these. */
  again(seq: number, records: Uint8Array, of: { readonly number: number; readonly final: boolean }): void;
  /** Let it finish what it was given and end; killed if it does not in time. Resolves when it is gone. */
  end(): Promise<void>;
}

export interface WriterEvents {
  readonly onReply: (reply: WriterReply) => void;
  /** It is gone though nobody asked. Called at most once, and never after `end`. */
  readonly onDied: (how: string) => void;
}

/**
 * Start a log writer. What it prints on stderr goes to the logger. With `begin`, it is told nothing
 * before that resolves: its files are another's until then, and it is only ready.
 */
export function spawnWriter(
  logger: Logger,
  { onReply, onDied }: WriterEvents,
  begin?: Promise<void>,
): WriterProcess {
  const entry = createRequire(import.meta.url).resolve("@confed/agent/log-writer");
  const child = spawn(process.execPath, [entry], { stdio: ["pipe", "pipe", "pipe"] });
  if (child.pid === undefined) return neverStarted(child, logger, onDied);
  const reader = new FrameReader((_kind, payload) => {
    const reply = JSON.parse(Buffer.from(payload).toString()) as WriterReply | WriterReady;
    if (reply.tell === "ready") ready.resolve();
    else onReply(reply);
  });
  const ready = once();
  let ending = false;
  /** What it is told when its turn has come. */
  let held: Uint8Array[] | undefined = begin === undefined ? undefined : [];
  const write = (bytes: Uint8Array) => {
    if (held === undefined) child.stdin.write(bytes);
    else held.push(bytes);
  };
  void begin?.then(() => {
    child.stdin.cork();
    for (const bytes of held ?? []) child.stdin.write(bytes);
    child.stdin.uncork();
    held = undefined;
  });
  child.stdout.on("data", (bytes: Buffer) => {
    reader.feed(bytes);
  });
  child.stderr.on("data", (text: Buffer) => {
    logger.error("log writer", { says: text.toString().trim() });
  });
  // Its death is told by "close"; a broken pipe before that adds nothing.
  child.stdin.on("error", () => undefined);
  child.on("error", (error) => {
    logger.error("log writer cannot be started", { error: error.message });
  });
  // A thousand consoles that come up say so in a few turns of the loop: one write a turn, not one each.
  // What is written behind a command in the same turn waits with it, so nothing overtakes.
  let corked = false;
  const gatherTurn = () => {
    if (corked) return;
    corked = true;
    child.stdin.cork();
    setImmediate(() => {
      corked = false;
      child.stdin.uncork();
    });
  };
  const gone = new Promise<void>((resolve) => {
    child.once("close", (code, signal) => {
      resolve();
      if (!ending) onDied(signal ?? `exit status ${code}`);
    });
  });
  return {
    pid: child.pid,
    command(command) {
      gatherTurn();
      write(jsonFrame(command));
    },
    ahead(command) {
      child.stdin.write(jsonFrame(command));
      return Promise.race([ready.promise, gone]);
    },
    batch(seq, records) {
      const seqBytes = new Uint8Array(8);
      new DataView(seqBytes.buffer).setFloat64(0, seq, true);
      child.stdin.cork();
      write(frameHeader(FRAME.batch, 8 + records.byteLength));
      write(seqBytes);
      write(records);
      child.stdin.uncork();
    },
    again(seq, records, { number, final }) {
      const head = new Uint8Array(AGAIN_HEAD_BYTES);
      const view = new DataView(head.buffer);
      view.setFloat64(0, seq, true);
      view.setUint32(8, number, true);
      view.setUint8(12, final ? 1 : 0);
      child.stdin.cork();
      write(frameHeader(FRAME.again, head.byteLength + records.byteLength));
      write(head);
      write(records);
      child.stdin.uncork();
    },
    async end() {
      ending = true;
      // It must not begin after all.
      if (held !== undefined) child.kill("SIGKILL");
      held = undefined;
      child.stdin.end();
      const cancel = systemClock.after(LOG_LIMITS.stopTimeoutMs, () => {
        logger.error("log writer does not end; killed", { pid: child.pid });
        child.kill("SIGKILL");
      });
      let cancelWait = cancel;
      const givenUp = new Promise<void>((resolve) => {
        // A process that hangs in the disk dies when the disk heals; nobody waits for that.
        cancelWait = systemClock.after(LOG_LIMITS.stopTimeoutMs + KILL_WAIT_MS, resolve);
      });
      await Promise.race([gone, givenUp]);
      cancel();
      cancelWait();
      child.unref();
    },
  };
}

/** No descriptor, no memory or no process to be had: the next attempt may find some. */
function neverStarted(child: ChildProcess, logger: Logger, onDied: WriterEvents["onDied"]): WriterProcess {
  let ending = false;
  child.once("error", (error) => {
    logger.error("log writer cannot be started", { error: error.message });
    if (!ending) onDied(error.message);
  });
  return {
    pid: undefined,
    command: () => undefined,
    ahead: () => Promise.resolve(),
    batch: () => undefined,
    again: () => undefined,
    end: () => {
      ending = true;
      return Promise.resolve();
    },
  };
}

const KILL_WAIT_MS = 1_000;
