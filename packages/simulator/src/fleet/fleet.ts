import { randomBytes } from "node:crypto";
import { type Clock, formatHostPort, type Logger, Scope, silentLogger, systemClock } from "@confed/kernel";
import { type RunningServer, startServer } from "@confed/wire";
import { DueQueue } from "../due-queue.ts";
import { LineTicker } from "../line-ticker.ts";
import { AgentConsoles } from "./agent-consoles.ts";
import { AgentJoin } from "./agent-join.ts";
import { fleetServices } from "./agent-services.ts";
import { AgentTickets } from "./agent-tickets.ts";
import type { IdentityOf } from "./enrol-agent.ts";
import {
  agentNameOf,
  completeFleetOptions,
  consoleNameOf,
  type FleetOptions,
  type FleetOptionsInput,
} from "./fleet-options.ts";

export interface FleetDeps {
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
  /** Makes each agent somebody, who speaks TLS and wants tickets. Without it all is plain and open, on loopback. */
  readonly identityOf?: IdentityOf | undefined;
  /** What its agents call themselves. */
  readonly version?: string | undefined;
  readonly random?: (() => number) | undefined;
}

/** Counts since the start. */
export interface FleetStats {
  /** Joins that stand now: agents times heads, when all is well. */
  readonly joined: number;
  /** Joins that ever stood. */
  readonly joins: number;
  readonly changes: number;
  /** Changes that were left out because this process was late. */
  readonly leftOut: number;
}

/** Simulated agents that run in this process. */
export interface AgentFleet extends AsyncDisposable {
  readonly options: FleetOptions;
  agentName(index: number): string;
  /** `host:port` at which the agent answers. */
  addressOf(index: number): string;
  consoleName(agentIndex: number, index: number): string;
  stats(): FleetStats;
  /** Resolves when every agent has joined every head, snapshot sent. */
  joined(): Promise<void>;
  /** Leave every head and end. Idempotent. */
  close(): Promise<void>;
}

/** Not all in the same millisecond: as a site's agents start one by one. */
const START_SPREAD_MS_MAX = 1_000;
const START_SPREAD_MS_PER_AGENT = 5;

/** Each waits for a head and its disk, where it is enrolled. */
const STARTED_AT_ONCE = 8;

/**
 * Start agents that are none: each joins the heads under its own name, owns consoles, tells of their changes,
 * and answers what a head asks. Resolves when all of them listen; they join from then on. Rejects with
 * "invalid_argument" for options that cannot be, and leaves nothing open then.
 */
export async function startFleet(input: FleetOptionsInput, deps: FleetDeps = {}): Promise<AgentFleet> {
  const { clock = systemClock, logger = silentLogger, identityOf, random = Math.random } = deps;
  const { version = "simulated" } = deps;
  const options = completeFleetOptions(input);
  const scope = new Scope();
  const queue = new DueQueue(clock);
  scope.own(() => {
    queue.close();
  });
  const joins = new JoinCount(options.agents * options.heads.length, clock, logger);
  const agents: { readonly consoles: AgentConsoles; readonly address: string }[] = [];
  const running: AgentJoin[] = [];
  const servers: RunningServer[] = [];
  scope.own(async () => {
    await Promise.all(running.map((join) => join.stop()));
    await Promise.all(servers.map((server) => server.close()));
  });
  const startedMs = clock.wallTimeMs();
  const wallTimeMs = () => clock.wallTimeMs();
  const start = async (agentIndex: number): Promise<void> => {
    const agent = agentNameOf(options, agentIndex);
    const names = Array.from({ length: options.consoles }, (_, index) =>
      consoleNameOf(options, agentIndex, index),
    );
    const logBase = randomBytes(4).toString("hex");
    const consoles = new AgentConsoles({ agent, names, logBase, wallTimeMs });
    const tls = await identityOf?.(agent);
    const tickets = tls && new AgentTickets(agent, () => clock.nowMs());
    const services = { Agent: fleetServices({ consoles, queue, version, wallTimeMs, startedMs, tickets }) };
    const server = await startServer({ listen: { host: LISTEN_HOST, port: 0 }, services, logger, tls });
    servers.push(server);
    const address = formatHostPort({ host: LISTEN_HOST, port: server.port });
    agents[agentIndex] = { consoles, address };
    const instance = randomBytes(8).toString("hex");
    for (const head of options.heads) {
      const onJoined = (joined: boolean) => {
        joins.count(joined);
      };
      const join = new AgentJoin(head, {
        ...{ tls, tickets, consoles, advertise: [address], instance, version },
        ...{ clock, queue, logger, random, onJoined },
      });
      running.push(join);
      const spreadMs = Math.min(START_SPREAD_MS_MAX, options.agents * START_SPREAD_MS_PER_AGENT);
      queue.after((agentIndex * spreadMs) / options.agents, () => {
        join.start();
      });
    }
  };
  let next = 0;
  let failure: { readonly reason: unknown } | undefined;
  const startSome = async () => {
    while (next < options.agents && failure === undefined) {
      next += 1;
      await start(next - 1).catch((reason: unknown) => {
        failure ??= { reason };
      });
    }
  };
  await Promise.all(Array.from({ length: STARTED_AT_ONCE }, startSome));
  if (failure !== undefined) {
    await scope.close(failure.reason);
    throw failure.reason;
  }

  let changes = 0;
  let leftOut = 0;
  const total = options.agents * options.consoles;
  const ticker = new LineTicker({
    clock,
    queue,
    consoles: total,
    linesPerSecond: options.changesPerSecond / total,
    // Another agent each time: as it is at a site, and dearer for a head than many changes of one.
    onDue: (slot) => {
      changes += 1;
      agents[slot % options.agents]?.consoles.change(Math.floor(slot / options.agents));
    },
    onLeftOut: (slots) => {
      leftOut += slots;
    },
  });
  ticker.start();
  scope.own(() => {
    ticker.stop();
  });
  return {
    options,
    agentName: (index) => agentNameOf(options, index),
    addressOf: (index) => agents[index]?.address ?? "",
    consoleName: (agentIndex, index) => consoleNameOf(options, agentIndex, index),
    stats: () => ({ joined: joins.standing, joins: joins.ever, changes, leftOut }),
    joined: () => joins.all(),
    close: () => scope.close(),
    [Symbol.asyncDispose]: () => scope.close(),
  };
}

const LISTEN_HOST = "127.0.0.1";

/** How many joins stand, and a line in the log whenever that has become all or none. */
class JoinCount {
  readonly #wanted: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  standing = 0;
  ever = 0;
  #waiting: (() => void)[] = [];
  #fewerSinceMs: number;

  constructor(wanted: number, clock: Clock, logger: Logger) {
    this.#wanted = wanted;
    this.#clock = clock;
    this.#logger = logger;
    this.#fewerSinceMs = clock.nowMs();
  }

  count(joined: boolean): void {
    if (this.standing === this.#wanted) this.#fewerSinceMs = this.#clock.nowMs();
    this.standing += joined ? 1 : -1;
    if (joined) this.ever += 1;
    if (this.standing === 0) this.#logger.info("no simulated agent is joined any more");
    if (this.standing !== this.#wanted) return;
    const afterMs = Math.round(this.#clock.nowMs() - this.#fewerSinceMs);
    this.#logger.info("all simulated agents are joined", { joins: this.standing, afterMs });
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  all(): Promise<void> {
    if (this.standing === this.#wanted) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
