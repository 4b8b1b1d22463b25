import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { localSocketOf } from "@confed/head";
import { systemClock } from "@confed/kernel";
import type { Channel, ProcessStatusReceived } from "@confed/wire";
import { sleep } from "../fleet.ts";
import { ROOT } from "../root.ts";
import { type Insides, insidesOfConfed } from "./insides.ts";
import { type CertifiedPerson, letIn } from "./person.ts";
import { freePort, type Program, startProgram } from "./program.ts";

const CONFED = join(ROOT, "packages/confed/dist/confed.mjs");
const RCONS = join(ROOT, "packages/rcons/dist/rcons.mjs");

export interface FederationShape {
  readonly agents: number;
  /** Of each agent. */
  readonly consoles: number;
  readonly changesPerSecond: number;
  /** One more agent like them, in a process of its own: beside 200 that share one it is as alone as real ones are. */
  readonly apart?: boolean;
}

/** A real head, which may be killed and started again at the same address, and simulated agents that join it; in TLS. */
export interface Federation {
  readonly headAddress: string;
  readonly headPid: number;
  readonly consoles: number;
  /** Of the head. */
  readonly insides: Insides;
  /** Name of a console; agents and consoles count from 0. */
  readonly consoleName: (agent: number, index: number) => string;
  /** The first console of the agent apart. */
  readonly consoleApart: string;
  readonly person: CertifiedPerson;
  /** The operator's client of this head. */
  readonly rconsArgv: (...args: readonly string[]) => readonly [string, ...string[]];
  /** Resolves with the milliseconds until the head knows every console of every agent, all of them up. */
  readonly whole: (timeoutMs: number) => Promise<number>;
  readonly killHead: () => Promise<void>;
  /** Resolves when it listens. */
  readonly startHead: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const WHOLE_TIMEOUT_MS = 60_000;
/** How often the head is asked whether it is whole: each time it counts every console. */
const LOOK_EVERY_MS = 200;

/** Resolves when every agent has joined and the head has come to know all of their consoles. */
export async function startFederation(
  { agents, consoles, changesPerSecond, apart = false }: FederationShape,
  dir: string,
  profileDir?: string,
): Promise<Federation> {
  mkdirSync(dir, { recursive: true });
  const headAddress = `127.0.0.1:${await freePort()}`;
  const configPath = join(dir, "head.json");
  const stateDir = join(dir, "head");
  writeFileSync(configPath, JSON.stringify({ head: { listen: headAddress, state: stateDir, tls: "on" } }));
  const insides = insidesOfConfed(profileDir);
  const env = { ...insides.env };
  let head: Program | undefined;
  const startHead = async () => {
    const options = ["--config", configPath, "--log-format", "json"];
    head = await startProgram([process.execPath, CONFED, "head", ...options], { env });
    await head.line((line) => (line.includes('"ready"') ? line : undefined));
  };
  await startHead();
  const person = await letIn(headAddress, stateDir);
  const stop = async () => {
    for (const fleet of fleets) await fleet.stop();
    await head?.stop();
    await person.forget();
  };
  const fleets: Program[] = [];
  /** The name of its first console. */
  const startFleet = async (...shape: readonly string[]) => {
    const fleet = await startProgram([
      process.execPath,
      ...[CONFED, "sim", "fleet", "--head", headAddress, "--socket", localSocketOf(stateDir)],
      ...["--log-format", "json", "--consoles", String(consoles), ...shape],
    ] as [string, ...string[]]);
    fleets.push(fleet);
    return fleet.line(firstName).catch(async (reason: unknown) => {
      await stop();
      throw reason;
    });
  };
  const first = await startFleet("--agents", String(agents), "--changes", String(changesPerSecond));
  const consoleApart = apart ? await startFleet("--agents", "1", "--prefix", "apart") : "";
  const agentsAll = apart ? agents + 1 : agents;
  const signal = new AbortController().signal;
  const federation: Federation = {
    headAddress,
    get headPid() {
      return head?.pid ?? 0;
    },
    consoles: agentsAll * consoles,
    insides,
    consoleApart,
    consoleName: (agent, index) => nameLike(first, agent, index),
    person,
    rconsArgv: (...args) => [process.execPath, RCONS, "--head", headAddress, ...args],
    async whole(timeoutMs) {
      const startMs = systemClock.nowMs();
      const asked: Channel<"Head"> = person.head();
      for (;;) {
        const status = await asked.client.status({}, { signal }).catch(() => undefined);
        if (status !== undefined && isWhole(status, { agents: agentsAll, consoles })) break;
        const elapsedMs = systemClock.nowMs() - startMs;
        if (elapsedMs > timeoutMs) throw new Error(`the head was not whole within ${timeoutMs} ms`);
        await sleep(LOOK_EVERY_MS);
      }
      asked.close();
      return systemClock.nowMs() - startMs;
    },
    async killHead() {
      process.kill(head!.pid, "SIGKILL");
      await head!.ended;
    },
    startHead,
    stop,
  };
  await federation.whole(WHOLE_TIMEOUT_MS);
  return federation;
}

function isWhole(
  { peers, consoles: byState }: ProcessStatusReceived,
  { agents, consoles }: { readonly agents: number; readonly consoles: number },
): boolean {
  const known = Object.values(byState).reduce((sum, count) => sum + count, 0);
  return (
    peers.length === agents &&
    peers.every(({ state, consoles: its }) => state === "up" && its === consoles) &&
    known === agents * consoles &&
    (byState["UNREACHABLE"] ?? 0) === 0
  );
}

function firstName(line: string): string | undefined {
  if (!line.includes('"ready"')) return undefined;
  return (JSON.parse(line) as { readonly first: string }).first;
}

/** Another name with as many digits as "sim001-n0001" has. */
function nameLike(first: string, agent: number, index: number): string {
  const numbers = [agent, index];
  return first.replace(/\d+/g, (digits) => String((numbers.shift() ?? 0) + 1).padStart(digits.length, "0"));
}
