import { execFile } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { systemClock } from "@confed/kernel";
import { JsonChild } from "./json-child.ts";

/** What logcheck.c says of all logs together. */
export interface LogVerdict {
  readonly sentLines: number;
  readonly sentBytes: number;
  readonly lines: number;
  readonly bytes: number;
  readonly foreignBytes: number;
  readonly missing: number;
  readonly doubled: number;
  readonly damaged: number;
  readonly badFiles: number;
  /** The first few of them. */
  readonly bad: string;
}

/** Holds logs, line by line, against what a rack sent. `template` has an & for the console. */
export function verifyLogs(logcheck: string, sentPath: string, template: string): Promise<LogVerdict> {
  return new Promise((resolve, reject) => {
    execFile(logcheck, ["verify", sentPath, template], (error, stdout) => {
      if (stdout === "") reject(error ?? new Error("logcheck said nothing"));
      else resolve(JSON.parse(stdout) as LogVerdict);
    });
  });
}

/**
 * Resolves with the wall clock, in ms, when every log has all that was sent, at most `LOOK_EVERY_MS`
 * late; undefined if that is not so in time. Asks only for the first file that is not complete yet:
 * it must not cost what is measured.
 */
export async function untilLogged(
  sentPath: string,
  template: string,
  timeoutMs: number,
): Promise<number | undefined> {
  const sent = readFileSync(sentPath, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" ").map(Number));
  const atMostMs = systemClock.nowMs() + timeoutMs;
  for (let next = 0; ; ) {
    for (; next < sent.length; next += 1) {
      const [number = 0, , bytes = 0] = sent[next]!;
      const path = template.replace("&", `n${String(number).padStart(6, "0")}`);
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < bytes) break;
    }
    if (next === sent.length) return systemClock.wallTimeMs();
    if (systemClock.nowMs() > atMostMs) return undefined;
    await new Promise<void>((resolve) => {
      systemClock.after(LOOK_EVERY_MS, resolve);
    });
  }
}

const LOOK_EVERY_MS = 10;

export interface LogDelay {
  /** How many were looked at. */
  readonly lines: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Watches a sample of growing logs: how long a line takes from being sent to being in the file. */
export class LogWatch {
  readonly #child: JsonChild;

  constructor(logcheck: string, consoles: number, template: string) {
    this.#child = new JsonChild([logcheck, "watch", "0", String(consoles), template, String(WATCH_EVERY_MS)]);
  }

  /** Count what is written from now on. */
  async forget(): Promise<void> {
    await this.#child.order("reset");
  }

  async report(): Promise<LogDelay> {
    return (await this.#child.order("report")) as unknown as LogDelay;
  }

  async end(): Promise<void> {
    await this.#child.end();
  }
}

/** 50 files each time cost 1 % of a core. */
const WATCH_EVERY_MS = 5;
