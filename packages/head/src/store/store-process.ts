import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import type { Duplex } from "node:stream";
import { invariant, type Logger, systemClock } from "@confed/kernel";

/** The head's end of a running store process. */
export interface StoreProcess {
  readonly pid: number | undefined;
  readonly socket: Duplex;
  /** Resolves with how it ended; never rejects. */
  readonly gone: Promise<string>;
  kill(): void;
  /** Its channel was closed: let it end, killed if it does not in time. Resolves when it is gone, or given up. */
  end(): Promise<void>;
}

/** The descriptor of the store process that is its channel. */
const CHANNEL_FD = 3;

/** Start a store process. What it prints on stderr goes to the logger. */
export function spawnStore(logger: Logger): StoreProcess {
  const entry = createRequire(import.meta.url).resolve("@confed/head/store-process");
  const child = spawn(process.execPath, [entry], { stdio: ["ignore", "ignore", "pipe", "pipe"] });
  const socket = child.stdio[CHANNEL_FD];
  invariant(socket !== undefined && socket !== null, "asked for a pipe, Node makes a pair of sockets");
  child.stderr?.on("data", (text: Buffer) => {
    logger.error("store process", { says: text.toString().trim() });
  });
  const gone = new Promise<string>((resolve) => {
    child.once("error", (error) => {
      resolve(error.message);
    });
    child.once("exit", (status, signal) => {
      resolve(signal ?? `exit status ${status ?? "unknown"}`);
    });
  });
  const kill = () => {
    child.kill("SIGKILL");
  };
  return {
    pid: child.pid,
    socket: socket as Duplex,
    gone,
    kill,
    async end() {
      const cancelKill = systemClock.after(END_MS_MAX, kill);
      let cancelWait = cancelKill;
      // A process that hangs in the disk dies when the disk heals; nobody waits for that.
      const givenUp = new Promise<void>((resolve) => {
        cancelWait = systemClock.after(END_MS_MAX + KILL_WAIT_MS, resolve);
      });
      await Promise.race([gone, givenUp]);
      cancelKill();
      cancelWait();
      child.unref();
    },
  };
}

/** A disk that hangs keeps no head from ending; what it has acknowledged is safe. */
const END_MS_MAX = 2_000;
const KILL_WAIT_MS = 1_000;
