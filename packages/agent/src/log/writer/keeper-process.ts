import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { type Cancel, systemClock } from "@confed/kernel";
import type { WriterOptions } from "../writer-messages.ts";

/** The log writer's end of a segment keeper. */
export interface KeeperProcess {
  /** Have the segments of this log looked after. */
  keep(log: string): void;
  /** Let it end. */
  end(): void;
}

/** Start a segment keeper. One that dies is followed by another, which looks after the same logs. */
export function startKeeper(
  options: Pick<WriterOptions, "compress" | "keep">,
  say: (text: string) => void,
): KeeperProcess {
  const entry = createRequire(import.meta.url).resolve("@confed/agent/log-keeper");
  const logs = new Set<string>();
  let child: ChildProcess | undefined;
  let cancelRetry: Cancel | undefined;
  let diedCount = 0;
  let ending = false;
  const gone = (how: string) => {
    child = undefined;
    if (ending) return;
    const delayMs = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** diedCount);
    diedCount += 1;
    say(`segment keeper ${how}; the next one starts in ${delayMs / 1_000} s`);
    cancelRetry = systemClock.after(delayMs, start);
  };
  const start = () => {
    const started = spawn(process.execPath, [entry, JSON.stringify(options)], {
      stdio: ["pipe", "ignore", "inherit"],
    });
    child = started;
    started.once("error", (error) => {
      if (started.pid === undefined) gone(`cannot be started: ${error.message}`);
    });
    started.once("exit", (code, signal) => {
      gone(`died (${signal ?? code})`);
    });
    started.stdin.on("error", () => undefined); // "exit" tells it.
    for (const log of logs) started.stdin.write(`${log}\n`);
  };
  start();
  return {
    keep(log) {
      logs.add(log);
      child?.stdin?.write(`${log}\n`);
    },
    end() {
      ending = true;
      cancelRetry?.();
      child?.stdin?.end();
    },
  };
}

/** A keeper that dies again and again is started ever later: nothing is lost meanwhile but disk space. */
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 60_000;
