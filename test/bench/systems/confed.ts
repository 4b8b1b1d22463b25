import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RackConsole } from "../rack.ts";
import { ROOT } from "../root.ts";
import { consoleArgv } from "./conserver.ts";
import { type Insides, insidesOfConfed } from "./insides.ts";
import { anybodyAt, letIn, type Person } from "./person.ts";
import { type Program, startProgram } from "./program.ts";
import type { RunningSystem, StartOptions, SystemName } from "./system.ts";

const CONFED = join(ROOT, "packages/confed/dist/confed.mjs");
const RCONS = join(ROOT, "node_modules/.bin/rcons");

export interface ConfedShape {
  readonly name: SystemName;
  /** Agent processes, each with its part of the consoles. */
  readonly processes?: number;
  /** `--shards` of each of them. */
  readonly shards?: number;
  /** Without TLS, and open to everybody of this host. */
  readonly plain?: boolean;
  readonly profileDir?: string;
}

/** Confed as it is used: a head, and agents with their log writers and indexes that have joined it; all in TLS, but for `plain`. */
export async function startConfed(
  { name, processes = 1, shards = 1, plain = false, profileDir }: ConfedShape,
  { consoles, dir, env = {} }: StartOptions,
): Promise<RunningSystem> {
  const insides = insidesOfConfed(profileDir);
  const logs = join(dir, "logs");
  mkdirSync(logs, { recursive: true });
  const run = (role: string, config: object, more: readonly string[] = []) => {
    const path = join(dir, `${role}.json`);
    writeFileSync(path, JSON.stringify(config));
    const command = role.startsWith("head") ? "head" : "agent";
    const options = ["--config", path, "--log-format", "json", "--log-level", "info"];
    return startProgram([process.execPath, CONFED, command, ...options, ...more], {
      env: { ...insides.env, ...env },
    });
  };
  const head = await run("head", {
    head: { listen: "127.0.0.1:0", state: join(dir, "head"), tls: plain ? "off" : "on" },
  });
  const headAddress = await head.line(readyAddress);
  const person = plain ? anybodyAt(headAddress) : await letIn(headAddress, join(dir, "head"));
  const agents = await Promise.all(
    Array.from({ length: processes }, async (_, index) => {
      const id = `sn0${index + 1}`;
      const part = consoles.filter((_each, at) => Math.floor((at * processes) / consoles.length) === index);
      const tablePath = join(dir, `${id}-consoles.jsonl`);
      writeFileSync(tablePath, tableOf(part));
      const stateDir = join(dir, `${id}-state`);
      await person.enroll(id, stateDir);
      const config = {
        agent: {
          ...{ id, listen: "127.0.0.1:0", heads: [headAddress], state: stateDir },
          conserver: { listen: ["127.0.0.1:0"], trusted: ["127.0.0.1"] },
        },
        logs: { path: join(logs, "&.log") },
        include: [tablePath],
      };
      const program = await run(id, config, shards > 1 ? ["--shards", String(shards)] : []);
      return { id, program, tablePath, stateDir, configPath: join(dir, `${id}.json`) };
    }),
  );
  const readies = await Promise.all(agents.map(({ program }) => program.line(ready)));
  const addresses = readies.map(({ address }) => address);
  // Of the first: with several, only its consoles are attached to so.
  const gatewayPort = readies[0]?.conserver;
  return running(
    name,
    {
      ...{ head, headAddress, person, agents: agents.map(({ program }) => program), insides, logs },
      gatewayPort,
    },
    () =>
      agents.map(({ id, program, tablePath, stateDir, configPath }, index) => ({
        id,
        address: addresses[index]!,
        pid: program.pid,
        configPath,
        tablePath,
        stateDir,
      })),
  );
}

function running(
  name: SystemName,
  parts: {
    readonly head: Program;
    readonly headAddress: string;
    readonly person: Person;
    readonly agents: readonly Program[];
    readonly insides: Insides;
    readonly logs: string;
    readonly gatewayPort: number | undefined;
  },
  agentsOf: () => NonNullable<RunningSystem["confed"]>["agents"],
): RunningSystem {
  const { head, headAddress, person, agents, insides, logs, gatewayPort } = parts;
  return {
    name,
    logTemplate: join(logs, "&.log"),
    startedMs: Math.min(...agents.map(({ startedMs }) => startedMs)),
    pids: () => agents.map(({ pid }) => pid),
    pidsApart: () => [head.pid],
    attachArgv: (console) => [RCONS, "--head", headAddress, console],
    ...(gatewayPort === undefined ? {} : { stockArgv: (console) => consoleArgv(gatewayPort, console) }),
    insides,
    confed: { headAddress, person, agents: agentsOf() },
    async stop() {
      await Promise.all(agents.map((agent) => agent.stop()));
      await head.stop();
      await person.forget();
    },
  };
}

function tableOf(consoles: readonly RackConsole[]): string {
  return consoles
    .map(({ name, host, port }) => `${JSON.stringify({ name, transport: "tcp", host, port })}\n`)
    .join("");
}

function readyAddress(line: string): string | undefined {
  return ready(line)?.address;
}

function ready(line: string): { readonly address: string; readonly conserver?: number } | undefined {
  if (!line.includes('"ready"')) return undefined;
  const said = JSON.parse(line) as { message: string; address: string; conserver?: number };
  return said.message === "ready" ? said : undefined;
}
