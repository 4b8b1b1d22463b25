import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@confed/kernel";
import { sleep } from "../fleet.ts";
import type { Rack, RackConsole } from "../rack.ts";
import { ROOT } from "../root.ts";
import { freePort, type Program, startProgram } from "./program.ts";

const CONFED = join(ROOT, "packages/confed/dist/confed.mjs");
/** Quickly again: what is measured is not how patient it is with consoles. */
const RETRY = { first: "50ms", max: "200ms" };

/** An agent without a head that may be killed and started again, at the same address. */
export interface RestartableAgent {
  readonly address: string;
  readonly pid: number;
  readonly stateDir: string;
  readonly configPath: string;
  readonly logPath: (console: string) => string;
  /** Resolves with the milliseconds from exec until it listens. */
  readonly start: () => Promise<number>;
  /** Resolves when every console of the rack has a link. */
  readonly allConnected: (rack: Rack) => Promise<void>;
  readonly ended: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Prepares it; nothing runs until `start`. `dir/logs` may be a file system of its own. */
export async function startRestartableAgent(
  consoles: readonly RackConsole[],
  dir: string,
): Promise<RestartableAgent> {
  const logs = join(dir, "logs");
  const stateDir = join(dir, "state");
  mkdirSync(logs, { recursive: true });
  const tablePath = join(dir, "consoles.jsonl");
  const table = consoles.map((each) => JSON.stringify({ ...each, transport: "tcp", retry: RETRY }));
  writeFileSync(tablePath, `${table.join("\n")}\n`);
  const address = `127.0.0.1:${await freePort()}`;
  const configPath = join(dir, "agent.json");
  writeFileSync(
    configPath,
    JSON.stringify({
      agent: { id: "sn01", listen: address, heads: [], state: stateDir },
      logs: { path: join(logs, "&.log") },
      include: [tablePath],
    }),
  );
  let program: Program | undefined;
  return {
    address,
    stateDir,
    configPath,
    logPath: (console) => join(logs, `${console}.log`),
    get pid() {
      return program?.pid ?? 0;
    },
    async start() {
      const argv = [CONFED, "agent", "--config", configPath, "--log-format", "json", "--until-stdin-ends"];
      const startMs = systemClock.nowMs();
      program = await startProgram([process.execPath, ...argv]);
      await program.line((line) => (line.includes('"ready"') ? line : undefined));
      return systemClock.nowMs() - startMs;
    },
    async allConnected(rack) {
      while ((await rack.report()).connected < consoles.length) await sleep(20);
    },
    ended: async () => {
      await program?.ended;
    },
    stop: async () => {
      await program?.stop();
    },
  };
}
