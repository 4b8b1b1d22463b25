import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeIndex, type GapRecord } from "@confed/codecs";
import {
  type NetworkHost,
  RconsRun,
  RigProcess,
  runConfed,
  StatusWatch,
  startSocketConsole,
  TestNetwork,
  tellOnFailure,
} from "@confed/testkit";
import { openChannel } from "@confed/wire";
import { expect, onTestFinished } from "vitest";

const CONFED = fileURLToPath(new URL("../../packages/confed/dist/confed.mjs", import.meta.url));

const HEAD_PORT = 7100;
const AGENT_PORT = 7110;

/** A head of a site. */
export interface SiteHead {
  readonly host: NetworkHost;
  readonly address: string;
  readonly process: RigProcess;
  readonly config: string;
  readonly state: string;
}

/** An agent of a site, enrolled at the first of its heads. */
export interface SiteAgent {
  readonly host: NetworkHost;
  readonly process: RigProcess;
  readonly config: string;
  readonly state: string;
  log(console: string): Buffer;
  gaps(console: string): readonly GapRecord[];
}

/** A console that the test plays, which counts who comes. */
export type SiteConsole = Awaited<ReturnType<NetworkedSite["console"]>>;

/**
 * Heads, agents and people with hosts of their own, as a site has them: over a network that can be cut, in TLS, enrolled,
 * with roles and tickets. Consoles hang on Unix sockets, which no fault of the network reaches. For one test.
 */
export class NetworkedSite {
  readonly network = new TestNetwork();
  readonly directory = mkdtempSync(join(tmpdir(), "confed-site-"));
  readonly #processes: RigProcess[] = [];
  readonly #runs: RconsRun[] = [];
  readonly #closers: (() => unknown)[] = [];

  constructor() {
    onTestFinished(() => this.#close());
    tellOnFailure(() => [...this.#processes, ...this.#runs].map(({ said }) => said).join("\n"));
  }

  /** Listens before it is any agent's. */
  async console(name: string) {
    const path = join(this.directory, `${name}.sock`);
    const device = await startSocketConsole({ path });
    this.#closers.push(() => device.close());
    let connections = 0;
    device.server.on("connection", () => {
      connections += 1;
    });
    return {
      ...device,
      name,
      entry: { name, transport: "unix", path, retry: { first: "50ms", max: "200ms" } },
      /** How often an agent opened it. */
      get connections() {
        return connections;
      },
    };
  }

  /** On a host of its own; at every address of it, if it is to have others later. */
  async startHead(name: string, everywhere = false): Promise<SiteHead> {
    const host = this.network.addHost(name);
    const state = join(this.directory, name);
    const address = `${host.address}:${HEAD_PORT}`;
    const listen = everywhere ? `0.0.0.0:${HEAD_PORT}` : address;
    const config = this.#file(name, { head: { listen, state } });
    const process = this.#process(name, host, ["head", "--config", config]);
    await process.start();
    return { host, address, process, config, state };
  }

  /** Enrolled at the first head, with the name of its host, and joined to all. */
  async startAgent(
    host: NetworkHost,
    {
      heads,
      consoles,
      addresses = heads.map(({ address }) => address),
      wrapper = [],
      agent: more = {},
    }: {
      readonly heads: readonly [SiteHead, ...SiteHead[]];
      readonly consoles: readonly Pick<SiteConsole, "entry">[];
      /** How it calls its heads. */
      readonly addresses?: readonly string[];
      readonly wrapper?: readonly string[];
      /** More of its section. */
      readonly agent?: Readonly<Record<string, unknown>>;
    },
  ): Promise<SiteAgent> {
    const { name: id } = host;
    const [head] = heads;
    const state = join(this.directory, id);
    const logs = join(this.directory, `${id}-logs`);
    mkdirSync(logs);
    const config = this.#file(id, {
      agent: { id, listen: `${host.address}:${AGENT_PORT}`, heads: addresses, state, ...more },
      logs: { path: join(logs, "&.log") },
      consoles: consoles.map(({ entry }) => entry),
    });
    const { stdout } = await this.admin(head, ["token", "create", "--agent", id]);
    const how = ["agent", "enroll", "--head", head.address, "--token", stdout.trim(), "-c", config];
    expect(await runConfed(how, { wrapper: host.wrapper })).toMatchObject({ status: 0 });
    const process = this.#process(id, host, ["agent", "--config", config], wrapper);
    await process.start();
    for (const each of heads) await each.process.logged("agent synced", { agent: id });
    const index = (console: string) => readFileSync(join(state, "index", `${console}.index`), "utf8");
    return {
      ...{ host, process, config, state },
      log: (console) => readFileSync(join(logs, `${console}.log`)),
      gaps: (console) =>
        decodeIndex(index(console)).records.filter((record): record is GapRecord => record.t === "gap"),
    };
  }

  /** The same agent on another host, by a copy of its identity. Not started. */
  clone(agent: SiteAgent, host: NetworkHost, head: SiteHead): RigProcess {
    const { name } = host;
    const state = join(this.directory, name);
    cpSync(join(agent.state, "identity"), join(state, "identity"), { recursive: true });
    const { agent: section, consoles } = JSON.parse(readFileSync(agent.config, "utf8")) as {
      readonly agent: object;
      readonly consoles: unknown;
    };
    const config = this.#file(name, {
      agent: { ...section, listen: `${host.address}:${AGENT_PORT}`, heads: [head.address], state },
      logs: { path: join(this.directory, `${name}-&.log`) },
      consoles,
    });
    return this.#process(name, host, ["agent", "--config", config]);
  }

  /** A command of an administrator, on the head's host. */
  async admin(head: SiteHead, args: readonly string[], input?: string) {
    const run = await runConfed([...args, "-c", head.config], { input });
    expect(run).toMatchObject({ status: 0 });
    return run;
  }

  /** Somebody who may use every console, and has logged in at this head from this host. Returns her `rcons`. */
  async operator(host: NetworkHost, heads: readonly [SiteHead, ...SiteHead[]]) {
    const [head] = heads;
    await this.admin(head, ["user", "add", "anna"], "correct horse\n");
    await this.admin(head, ["grant", "user:anna", "operator"]);
    const { stdout } = await this.admin(head, ["ca", "show"]);
    const pin = /pin (\S+)/.exec(stdout)?.[1] ?? "";
    const credentials = join(this.directory, `${host.name}-home`, "credentials.json");
    const env = { CONFED_CREDENTIALS: credentials, CONFED_HEAD: heads.map(({ address }) => address).join() };
    const rcons = (...args: readonly string[]): RconsRun => {
      const run = new RconsRun(args, env, host.wrapper);
      this.#runs.push(run);
      return run;
    };
    const login = rcons("--head", head.address, "login", "anna", "--pin", pin);
    await login.type("correct horse\n");
    login.endInput();
    expect(await login.exited, login.said).toBe(0);
    return rcons;
  }

  /** What this head shows, asked on its own host: no fault of the network is in between. */
  watch({ state }: SiteHead): StatusWatch {
    const channel = openChannel("Head", `unix:${join(state, "control", "head.sock")}`);
    this.#closers.push(() => {
      channel.close();
    });
    return new StatusWatch(channel.client, new AbortController().signal);
  }

  #file(name: string, config: object): string {
    const path = join(this.directory, `${name}.json`);
    writeFileSync(path, JSON.stringify(config));
    return path;
  }

  #process(
    name: string,
    host: NetworkHost,
    args: readonly string[],
    wrapper: readonly string[] = [],
  ): RigProcess {
    const argv = [...args, "--log-format", "json", "--until-stdin-ends"];
    const [program = "", ...more] = [...host.wrapper, ...wrapper, process.execPath, CONFED, ...argv];
    const made = new RigProcess({ name, argv: [program, ...more] });
    this.#processes.push(made);
    return made;
  }

  async #close(): Promise<void> {
    for (const run of this.#runs) await run.kill();
    const stopped = await Promise.allSettled(this.#processes.map((each) => each.stop()));
    for (const close of this.#closers) await close();
    rmSync(this.directory, { recursive: true, force: true });
    const bad = stopped.find((result) => result.status === "rejected");
    if (bad !== undefined) throw bad.reason as Error;
  }
}
