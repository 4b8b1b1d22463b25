import type { Readable, Writable } from "node:stream";
import type { Clock } from "@confed/kernel";

/** What a terminal, a pipe or a file is to what we print. */
export type OutputStream = Writable & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
};

/** The signals that mean something to us. */
export type SignalName = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGUSR1" | "SIGUSR2";

/**
 * Everything outside the program, made once in main.ts: commands take it as an argument, so that
 * a test can be the world.
 */
export interface World {
  /** Without the interpreter and the script. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly clock: Clock;
  readonly pid: number;
  /** 0 is root; undefined where there are no users. */
  readonly userId: number | undefined;
  readonly homeDir: string;
  /** The program and first arguments that start this command again. */
  readonly self: readonly [string, ...string[]];
  residentBytes(): number;
  /** While anybody listens, the signal does nothing else. Returns how to stop listening. */
  onSignal(name: SignalName, listener: () => void): () => void;
  /** Called with what no one caught, once; then the process ends with the status of a bug. */
  onBug(tell: (reason: unknown) => void): void;
  /** SIGKILL to a process of ours; one that is gone does no harm. */
  kill(pid: number): void;
  /** End the process at once: no release runs, nothing is waited for. */
  exitNow(status: number): never;
}
