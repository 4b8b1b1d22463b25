import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { type Cancel, systemClock } from "@confed/kernel";
import { eventLine, type WriterReply, type WriterStart } from "./audit-messages.ts";

/** This process's end of a running audit writer. */
export interface AuditProcess {
  /** Goes with whatever else is given within {@link GATHER_MS}. */
  give(number: number, fields: string): void;
  /** What was given goes now: somebody waits for it, or may not live that long. */
  push(): void;
  /** Let it write what it was given and end; killed if it does not in time. Resolves when it is gone. */
  end(): Promise<void>;
}

export interface AuditProcessEvents {
  readonly onReply: (reply: WriterReply) => void;
  /** It is gone though nobody asked, or could not be started. Called at most once, never after `end`. */
  readonly onDied: (how: string) => void;
}

/** Start an audit writer. What it prints on standard error goes where ours goes. */
export function spawnAuditWriter(start: WriterStart, { onReply, onDied }: AuditProcessEvents): AuditProcess {
  const entry = createRequire(import.meta.url).resolve("@confed/confed/audit-writer");
  const child = spawn(process.execPath, [...FLAGS, entry], { stdio: ["pipe", "pipe", "inherit"], env: {} });
  let ending = false;
  const gone = new Promise<void>((resolve) => {
    const over = (how: string) => {
      resolve();
      if (!ending) onDied(how);
      ending = true;
    };
    child.once("error", (error) => {
      over(error.message);
    });
    child.once("close", (code, signal) => {
      over(signal ?? `exit status ${code}`);
    });
  });
  // Its death is told by "close"; a broken pipe before that adds nothing.
  child.stdin.on("error", () => undefined);
  createInterface({ input: child.stdout }).on("line", (line) => {
    onReply(JSON.parse(line) as WriterReply);
  });
  child.stdin.write(`${JSON.stringify(start)}\n`);
  let gathered = "";
  let cancelPush: Cancel | undefined;
  const push = () => {
    cancelPush?.();
    cancelPush = undefined;
    if (gathered !== "") child.stdin.write(gathered);
    gathered = "";
  };
  return {
    give(number, fields) {
      gathered += eventLine(number, fields);
      cancelPush ??= systemClock.after(GATHER_MS, push);
    },
    push,
    async end() {
      if (ending) return gone;
      push();
      ending = true;
      child.stdin.end();
      const cancelKill = systemClock.after(END_MS_MAX, () => child.kill("SIGKILL"));
      let cancelWait = cancelKill;
      const givenUp = new Promise<void>((resolve) => {
        // A process that hangs in the disk dies when the disk heals; nobody waits for that.
        cancelWait = systemClock.after(END_MS_MAX + KILL_WAIT_MS, resolve);
      });
      await Promise.race([gone, givenUp]);
      cancelKill();
      cancelWait();
      child.unref();
    },
  };
}

/** It holds a queue of a megabyte at most, and there is one for every process that is audited. */
const FLAGS = ["--max-semi-space-size=1", "--max-old-space-size=64"];

/**
 * A write into the pipe costs more than the rest of an event, and a head has five hundred a second. Events that wait
 * longer outlive the new generation of a head, and are garbage among its old objects then.
 */
const GATHER_MS = 25;

/** For what waits to be written: a disk that hangs keeps nobody from ending. */
const END_MS_MAX = 3_000;
const KILL_WAIT_MS = 1_000;
