import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";
import { startProgram } from "./program.ts";
import type { RunningSystem, StartOptions } from "./system.ts";

/** The least a Node program can do: floor-program.mjs. Nobody can attach. */
export async function startFloor({ consoles, dir }: StartOptions): Promise<RunningSystem> {
  const logs = join(dir, "logs");
  mkdirSync(logs, { recursive: true });
  const table = join(dir, "consoles.jsonl");
  writeFileSync(table, consoles.map((each) => `${JSON.stringify(each)}\n`).join(""));
  const path = join(ROOT, "test/bench/systems/floor-program.mjs");
  const program = await startProgram([process.execPath, path, table, logs]);
  return {
    name: "floor",
    logTemplate: join(logs, "&.log"),
    startedMs: program.startedMs,
    pids: () => [program.pid],
    pidsApart: () => [],
    attachArgv: () => ["false"],
    stop: () => program.stop(),
  };
}
