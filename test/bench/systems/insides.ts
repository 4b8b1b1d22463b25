import { mkdirSync, mkdtempSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../root.ts";

export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface Held {
  readonly heapBytes?: number;
  readonly sockets?: number;
  readonly unhandled?: number;
}

/** Talks to inside-confed.cjs in the processes of Confed. */
export interface Insides {
  /** For the processes to be started with. */
  readonly env: Readonly<Record<string, string>>;
  /** Begin to measure the event loops of these processes. */
  readonly watchLoops: (pids: readonly number[]) => Promise<void>;
  /** The latest of them since then; what it costs ends. */
  readonly loopDelay: (pids: readonly number[]) => Promise<LoopDelay>;
  /** What this process holds after a garbage collection; from the first question on it counts unhandled rejections. */
  readonly heap: (pid: number) => Promise<Held>;
  readonly startProfiles: (pids: readonly number[]) => Promise<void>;
  /** Written to the directory that was asked for. */
  readonly endProfiles: (pids: readonly number[]) => Promise<void>;
}

export function insidesOfConfed(profileDir = ""): Insides {
  // A socket's path is short.
  const dir = mkdtempSync(join(tmpdir(), "cbi-"));
  if (profileDir !== "") mkdirSync(profileDir, { recursive: true });
  const all = async (pids: readonly number[], order: string) => {
    const answers = await Promise.all(pids.map((pid) => ask(join(dir, `${pid}.sock`), order)));
    return answers.filter((answer) => answer !== undefined);
  };
  return {
    env: {
      NODE_OPTIONS: `--require=${join(ROOT, "test/bench/systems/inside-confed.cjs")}`,
      CONFED_BENCH_INSIDE: dir,
      CONFED_BENCH_PROFILES: profileDir,
    },
    watchLoops: async (pids) => {
      await all(pids, "loop");
    },
    async loopDelay(pids) {
      const said = await all(pids, "loop?");
      const worst = (key: keyof LoopDelay) => Math.max(...said.map((answer) => Number(answer[key])));
      return { p50Ms: worst("p50Ms"), p99Ms: worst("p99Ms"), maxMs: worst("maxMs") };
    },
    heap: async (pid) => (await ask(join(dir, `${pid}.sock`), "heap?")) ?? {},
    startProfiles: async (pids) => {
      await all(pids, "prof");
    },
    endProfiles: async (pids) => {
      await all(pids, "prof?");
    },
  };
}

/** Undefined for a process that has no such socket. */
function ask(path: string, order: string): Promise<Record<string, unknown> | undefined> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(path);
    socket.on("error", () => {
      resolve(undefined);
    });
    socket.on("data", (bytes) => {
      text += bytes.toString();
    });
    socket.on("close", () => {
      if (text !== "") resolve(JSON.parse(text) as Record<string, unknown>);
    });
    socket.write(`${order}\n`);
  });
}
