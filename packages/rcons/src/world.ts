import type { Readable, Writable } from "node:stream";
import type { Clock } from "@confed/kernel";

/** What a terminal or a pipe on standard input is to us. */
export type InputStream = Readable & {
  readonly isTTY?: boolean | undefined;
  setRawMode?(raw: boolean): unknown;
};

/** What a terminal, a pipe or a file on standard output is to us. */
export type OutputStream = Writable & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
};

/** The signals that end or change an attach. */
export type SignalName = "SIGINT" | "SIGQUIT" | "SIGTERM" | "SIGHUP" | "SIGCONT";

/**
 * Everything outside the program, made once in main.ts: commands take it as an argument, so that
 * a test can be the world.
 */
export interface World {
  /** Without the interpreter and the script. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** "user@host", as the other viewers of a console will read it. */
  subject(): string;
  /** While anybody listens, the signal does nothing else. Returns how to stop listening. */
  onSignal(name: SignalName, listener: () => void): () => void;
  /** Run at the very end of the process, whatever ends it. Must not wait. Returns how to forget it. */
  onExit(release: () => void): () => void;
  /** True once the process that started this one is gone. */
  orphaned(): boolean;
  /** Stop this process until somebody continues it. */
  suspend(): void;
  /**
   * Switch off output processing (`\n` to `\r\n`) of the terminal on standard input; Node's raw
   * mode leaves it on. False if that could not be done.
   */
  rawOutput(): boolean;
}
