import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeIndex, type GapRecord, type IndexRecord } from "@confed/codecs";
import type { ConsoleTableEntry } from "@confed/simulator";
import { type Channel, type Open, openChannel, type ServiceName } from "@confed/wire";
import { onTestFinished } from "vitest";
import { Attached } from "./attached.ts";
import { freePorts } from "./free-ports.ts";
import { RconsRun } from "./rcons-run.ts";
import { RigProcess } from "./rig-process.ts";
import { type SocketConsole, startSocketConsole } from "./socket-console.ts";
import { StatusWatch } from "./status-watch.ts";
import { tellOnFailure } from "./tell-on-failure.ts";

/** The bundle that administrators run; scripts/build-programs.mjs makes it. */
const CONFED = fileURLToPath(new URL("../../confed/dist/confed.mjs", import.meta.url));
const CONFED_IN_MODULES = fileURLToPath(new URL("../../confed/dist/main.js", import.meta.url));

/** An entry of a console table, as it is written. */
export type RigConsole =
  | ConsoleTableEntry
  | { readonly name: string; readonly transport: string; readonly [key: string]: unknown };

export interface RigAgentOptions {
  /** "sn01" unless given. */
  readonly id?: string;
  /** `host:port` each. */
  readonly heads?: readonly string[];
  readonly consoles: readonly RigConsole[];
  /** `agent.shards`; without it, one process. */
  readonly shards?: number;
  /** More of the section `agent`. */
  readonly agent?: Readonly<Record<string, unknown>>;
  /** More of the section `logs`. */
  readonly logs?: Readonly<Record<string, unknown>>;
  /** The section `audit`. */
  readonly audit?: Readonly<Record<string, unknown>>;
  /** Put in front of the command: `unshare -m ...`. */
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** It does not end with this process: another one may take over from it. */
  readonly upgradable?: boolean;
  /** From the modules that the bundle is made of: for tests that replace one of them. */
  readonly inModules?: boolean;
}

/** A confed process that listens. Restarted, it listens at the same address. */
export interface RigServer {
  /** `host:port`. */
  readonly address: string;
  readonly process: RigProcess;
  restart(): Promise<void>;
}

export interface RigHead extends RigServer {
  readonly service: "Head";
  readonly stateDir: string;
}

export interface RigAgent extends RigServer {
  readonly service: "Agent";
  readonly id: string;
  readonly stateDir: string;
  /** The log of a console as it is now; empty if there is none. */
  log(console: string): Buffer;
  logPath(console: string): string;
  index(console: string): readonly IndexRecord[];
  gaps(console: string): readonly GapRecord[];
}

/** A console that the test plays itself, over TCP, and its entry of a console table. */
export type RigDevice = Required<Pick<SocketConsole, "breakOff" | "stall">> &
  SocketConsole & { readonly entry: RigConsole };

/** Quick, so that tests need not wait for what they broke. */
const RETRY = { first: "50ms", max: "200ms" };

/**
 * Real confed processes in a directory of their own, for one test. At its end everything is told to
 * stop, must do so in order and leave nothing behind; if it failed, what they said is printed.
 */
export class ConfedRig {
  readonly directory = mkdtempSync(join(tmpdir(), "confed-rig-"));
  readonly #processes: RigProcess[] = [];
  readonly #runs: RconsRun[] = [];
  readonly #channels: Channel<ServiceName>[] = [];
  readonly #attached: Attached[] = [];
  readonly #channelOf = new WeakMap<Attached, Channel<ServiceName>>();
  readonly #devices: SocketConsole[] = [];

  constructor() {
    onTestFinished(() => this.#close());
    tellOnFailure(() =>
      [...this.#processes, ...this.#runs, ...this.#attached].map(({ said }) => said).join("\n"),
    );
  }

  /** A console to be played by the test. Closed at its end, after the agents. */
  async device(name: string, more: Readonly<Record<string, unknown>> = {}): Promise<RigDevice> {
    const device = await startSocketConsole({ host: "127.0.0.1", port: 0 });
    this.#devices.push(device);
    const { port } = device.server.address() as AddressInfo;
    return { ...device, entry: { name, transport: "tcp", host: "127.0.0.1", port, ...more } };
  }

  async startHead({
    audit,
    tls,
    head,
  }: Pick<RigAgentOptions, "audit"> & {
    readonly tls?: "on";
    /** More of the section `head`. */
    readonly head?: Readonly<Record<string, unknown>>;
  } = {}): Promise<RigHead> {
    const name = `head${this.#processes.length}`;
    const stateDir = join(this.directory, name);
    const config = (listen: string) => ({ head: { listen, state: stateDir, tls, ...head }, audit });
    return { service: "Head", stateDir, ...(await this.#start({ name, command: "head", config })) };
  }

  async startAgent({
    id = "sn01",
    heads = [],
    consoles,
    shards,
    agent,
    logs: more = {},
    audit,
    ...how
  }: RigAgentOptions): Promise<RigAgent> {
    const stateDir = join(this.directory, `${id}-state`);
    const logs = join(this.directory, `${id}-logs`);
    mkdirSync(logs, { recursive: true });
    const table = consoles.map((entry) => JSON.stringify({ retry: RETRY, ...entry }));
    writeFileSync(join(this.directory, `${id}-consoles.jsonl`), `${table.join("\n")}\n`);
    const config = (listen: string) => ({
      agent: { id, listen, heads, state: stateDir, shards, ...agent },
      logs: { path: join(logs, "&.log"), ...more },
      audit,
      include: [`${id}-consoles.jsonl`],
    });
    // Shards count on from the first one's port: a few more than there are, for tests that change it.
    const listen = shards === undefined ? "127.0.0.1:0" : `127.0.0.1:${await freePorts(shards + 2)}`;
    const server = await this.#start({ name: id, command: "agent", config, listen, ...how });
    const logPath = (console: string) => join(logs, `${console}.log`);
    const index = (console: string) =>
      decodeIndex(read(join(stateDir, "index", `${console}.index`)).toString()).records;
    return {
      service: "Agent",
      id,
      stateDir,
      ...server,
      logPath,
      log: (console) => read(logPath(console)),
      index,
      gaps: (console) => index(console).filter((record): record is GapRecord => record.t === "gap"),
    };
  }

  /** Another channel of its own to one of them. Closed at the end of the test. */
  channel<S extends ServiceName>(server: { readonly service: S; readonly address: string }): Channel<S> {
    const channel = openChannel(server.service, server.address);
    this.#channels.push(channel);
    return channel;
  }

  /** Attach by hand, at an agent or through a head. Not opened yet. */
  attach(server: RigHead | RigAgent, open: Open): Attached {
    const channel = openChannel(server.service, server.address);
    this.#channels.push(channel);
    const stream = channel.client.attach({ signal: new AbortController().signal });
    const attached = new Attached(stream, { mode: "WRITE", subject: "tester@rig", ...open });
    this.#attached.push(attached);
    this.#channelOf.set(attached, channel);
    return attached;
  }

  /** All that an agent shows of a console's log. */
  async shownLog(agent: RigAgent, console: string): Promise<Buffer> {
    const parts: Buffer[] = [];
    const read = this.channel(agent).client.readLog({ console }, { signal: new AbortController().signal });
    const error = await new Promise<Error | undefined>((resolve) => {
      read.receive(({ chunk }) => {
        if (chunk) parts.push(chunk.data);
      }, resolve);
    });
    if (error !== undefined) throw error;
    return Buffer.concat(parts);
  }

  /** End the connection of a client attached by hand before the test ends. */
  close(attached: Attached): void {
    this.#channelOf.get(attached)?.close();
  }

  /** Follow what a head shows. */
  watch(head: RigHead): StatusWatch {
    return new StatusWatch(this.channel(head).client, new AbortController().signal);
  }

  /** Run the operator's command against one of them. */
  rcons(server: RigHead | RigAgent, ...args: readonly string[]): RconsRun {
    const run = new RconsRun([server.service === "Head" ? "--head" : "--agent", server.address, ...args]);
    this.#runs.push(run);
    return run;
  }

  async #start({
    name,
    command,
    config,
    listen = "127.0.0.1:0",
    wrapper = [],
    env = {},
    upgradable = false,
    inModules = false,
  }: {
    readonly name: string;
    readonly command: "agent" | "head";
    readonly config: (listen: string) => object;
    readonly listen?: string;
    readonly wrapper?: readonly string[] | undefined;
    readonly env?: Readonly<Record<string, string>> | undefined;
    readonly upgradable?: boolean | undefined;
    readonly inModules?: boolean | undefined;
  }): Promise<RigServer> {
    const program = inModules ? CONFED_IN_MODULES : CONFED;
    const argv = (file: string, at: string): [string, ...string[]] => {
      const path = join(this.directory, file);
      writeFileSync(path, JSON.stringify(config(at)));
      const options = [
        "--config",
        path,
        "--log-format",
        "json",
        ...(upgradable ? [] : ["--until-stdin-ends"]),
      ];
      return [...wrapper, process.execPath, program, command, ...options] as [string, ...string[]];
    };
    const running = new RigProcess({ name, argv: argv(`${name}.json`, listen), env });
    this.#processes.push(running);
    const { address } = await running.start();
    // Known from now on to heads, agents and clients: it stays. In another file, for a change of its
    // own is something that an agent acts upon.
    running.argv = argv(`${name}-again.json`, String(address));
    return {
      address: String(address),
      process: running,
      restart: async () => {
        await running.start();
      },
    };
  }

  async #close(): Promise<void> {
    for (const run of this.#runs) await run.kill();
    for (const channel of this.#channels) channel.close();
    const stopped = await Promise.allSettled(this.#processes.map((each) => each.stop()));
    for (const device of this.#devices) await device.close();
    rmSync(this.directory, { recursive: true, force: true });
    const bad = stopped.find((result) => result.status === "rejected");
    if (bad !== undefined) throw bad.reason as Error;
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw reason;
  }
}
