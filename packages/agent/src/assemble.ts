import { randomUUID } from "node:crypto";
import {
  type AgentConfig,
  type ConsoleSpec,
  type LoadResult,
  logModes,
  managedTableIn,
  resolveSecret,
} from "@confed/config";
import {
  type Clock,
  ConfedError,
  DialGate,
  formatHostPort,
  type Logger,
  once,
  Scope,
  TimerWheel,
} from "@confed/kernel";
import { startNameResolver } from "@confed/transports";
import { type OpenAudit, silentAudit } from "@confed/trust/audit";
import {
  listenLocally,
  type RunningServer,
  startServer,
  type TlsProvider,
  withLockedOut,
} from "@confed/wire";
import { agentKeyIn } from "./access/agent-key.ts";
import { HeldPolicy } from "./access/held-policy.ts";
import { localSockets, rolesOfSockets } from "./access/local-sockets.ts";
import { openAccess } from "./access/open-access.ts";
import { RevokedHeads } from "./access/revoked-heads.ts";
import { ticketedAccess } from "./access/ticketed-access.ts";
import { HeldAssignments, type TakenUp } from "./assignments/held-assignments.ts";
import { auditedReload } from "./audit/audited-reload.ts";
import { auditedTickets } from "./audit/audited-tickets.ts";
import { strictAudit } from "./audit/strict-audit.ts";
import { Cadence } from "./console/cadence.ts";
import { ConsoleFleet } from "./console/console-fleet.ts";
import { ConsoleTable } from "./console/console-table.ts";
import { type AgentGateway, type OpenGateway, openAgentGateway } from "./gateway/agent-gateway.ts";
import { Join } from "./join/join.ts";
import { LogFeed } from "./log/log-feed.ts";
import { LogReader } from "./log/reader/log-reader.ts";
import { spawnWriter } from "./log/writer-process.ts";
import { ConfigWatch } from "./reload/config-watch.ts";
import { reportOf } from "./reload/reload-report.ts";
import { Reloader } from "./reload/reloader.ts";
import type { RunningAgent } from "./running-agent.ts";
import { agentServices } from "./services/agent-services.ts";
import { servicesOfHost } from "./shards/services-of-host.ts";
import { ShardConsoles } from "./shards/shard-consoles.ts";
import type { ShardSeat } from "./shards/shard-seat.ts";
import { beginConsoles, inheritLinks, succeed } from "./takeover/begin-consoles.ts";
import type { Inheritance } from "./takeover/inheritance.ts";
import { successionOf } from "./takeover/succession.ts";
import type { TakeoverHost } from "./takeover/takeover.ts";
import { transportOf } from "./transports/assemble.ts";
import { SecretReads } from "./transports/secret-reads.ts";
import { cgroupMemory } from "./viewers/cgroup-memory.ts";
import { MemoryRelief } from "./viewers/memory-relief.ts";

/** What an agent needs from the process it lives in. */
export interface AgentDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  /** For secrets that are references into the environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly residentBytes: () => number;
  /** This agent can be replaced while it runs; without it, it cannot. */
  readonly takeover?: TakeoverHost | undefined;
  /** What the process before this one has, to be received. */
  readonly inheritance?: Inheritance | undefined;
  /** Make the state directory ours; called once whoever had it before has let go of it. */
  readonly takeState?: (() => Promise<void>) | undefined;
  /** Reads the configuration again, with what heads have assigned where that is not on disk; without it the agent runs with what it was started with. */
  readonly load?: ((assigned: string | undefined) => Promise<LoadResult<AgentConfig>>) | undefined;
  /** Everything in TLS, and nobody may do anything but with an identity and a role. Without it, all is open. */
  readonly guard?: AgentGuard | undefined;
  /** Listen beyond loopback without TLS. */
  readonly insecureListen?: boolean | undefined;
  /** Whoever comes, comes by the gateway or by a local socket: nothing listens on `listen`. */
  readonly behindGateway?: boolean | undefined;
  /** Opens this agent's audit; without it, nothing is audited. */
  readonly openAudit?: ((config: AgentConfig, logger: Logger) => OpenAudit) | undefined;
  /** Set for one of several processes of a host, which share its consoles. */
  readonly shard?: ShardSeat | undefined;
  /** Another way in, with the same services behind it: conserver's protocol. Of several shards the first has it. */
  readonly gateway?: OpenGateway | undefined;
}

/** What an agent needs to know who comes. */
export interface AgentGuard {
  readonly tls: TlsProvider;
  /** The authority of machines, PEM. */
  readonly authority: () => string;
  /** The name in its certificate, which all processes of a host share. */
  readonly machine: string;
}

/**
 * Wiring, and nothing but wiring: every part of an agent is made on this page. Rejects when it
 * cannot listen; what was started by then is undone.
 */
export async function startAgent(config: AgentConfig, deps: AgentDeps): Promise<RunningAgent> {
  const { agent, logs, consoles } = config;
  const { clock, logger, version, inheritance } = deps;
  const instance = (await inheritance?.announced()) ?? randomUUID();
  const scope = new Scope({ clock, releaseMsMax: RELEASE_MS_MAX });
  const audit = deps.openAudit?.(config, logger) ?? silentAudit;
  // First, so released last: what ends is audited.
  scope.own(() => audit.end());
  scope.own(() => {
    audit.event({ event: "process.stop", agent: agent.id });
  });
  const timers = new TimerWheel(clock);
  const resolver = startNameResolver({ clock, logger, scope });
  const table = new ConsoleTable(agent.id);
  const taken = inheritance === undefined ? undefined : once();
  const stateIsOurs = taken?.promise;
  const feed = new LogFeed(
    { stateDir: agent.stateDir, ...logs, ...deps.shard?.log },
    { clock, logger, audit, spawn: (events) => spawnWriter(logger, events, stateIsOurs) },
  );
  scope.own(async () => {
    await feed.stop();
  });
  const reader = new LogReader(agent.stateDir, { clock, logger });
  scope.own(() => {
    reader.close();
  });
  // Owned before the consoles, so released after them: viewers are told before their streams go.
  let server: RunningServer | undefined;
  let inner: RunningServer | undefined;
  let gateway: AgentGateway | undefined;
  scope.own(() => Promise.all([server?.close(), inner?.close()]).then(() => undefined));

  const way = {
    ...{ stateDir: agent.stateDir, env: deps.env, timers },
    secrets: new SecretReads(clock, (ref) =>
      resolveSecret(ref, { env: deps.env, signal: new AbortController().signal }),
    ),
    onSecret: (console: string, from: string) => {
      audit.event({ event: "secret.read", agent: agent.id, console, text: from });
    },
  };
  const forTransports = { clock, resolver, logger };
  const transportFor = (spec: ConsoleSpec) => {
    const transport = transportOf(spec, way)(forTransports);
    return deps.shard?.around(spec.name, transport) ?? transport;
  };
  const gate = new DialGate(DIALS_MAX, timers);
  const fleet = new ConsoleFleet({
    ...{ table, transportOf: transportFor, clock, timers, logger, feed },
    gate,
    cadence: new Cadence(clock, feed),
    logModeOf: logModes(logs),
    onReconnect: deps.shard?.lift,
  });
  for (const spec of consoles) fleet.add(spec);
  for (const position of deps.shard?.handed ?? []) feed.hand(position);
  scope.own(() => fleet.stop());

  const load = () => deps.load?.(assignments.text) ?? Promise.reject(notReloadable());
  const managed = managedTableIn(agent.stateDir);
  const watch = new ConfigWatch({
    clock,
    logger,
    onChange: () => reloadQuietly(reloader, logger),
  });
  const reloader: Reloader = new Reloader({
    ...{ load, running: config, fleet, clock, logger },
    audit: auditedReload(audit, agent.id),
    onRead: ({ files, directories }) => {
      if (deps.load !== undefined) watch.follow({ files: [...files, managed], directories });
    },
  });
  scope.own(() => reloader.stop());
  scope.own(() => watch.stop());

  const takeUp = async (by: string): Promise<TakenUp> => {
    if (deps.shard === undefined) {
      const outcome = await reloader.reload({ by });
      return { done: outcome.faults === undefined, refused: outcome.refused ?? [] };
    }
    // The supervisor reads it where we write it.
    if (!(await assignments.written())) return { done: false, refused: [] };
    const report = await deps.shard.reload({ by, planOnly: false });
    return { done: report.faults === undefined, refused: [] };
  };
  const assignments = new HeldAssignments(agent.stateDir, {
    ...{ clock, logger, takeUp, refused: config.refused ?? [] },
    onTaken: (head, version, count) => {
      audit.event({
        event: "assignment.received",
        agent: agent.id,
        details: { head, version, consoles: count },
      });
    },
  });
  scope.own(() => assignments.stop());
  // Of several shards the first takes them for the host.
  const takesAssignments = deps.shard === undefined ? deps.load !== undefined : deps.shard.index === 0;

  const reopenLogs = () => {
    feed.reopen();
  };
  const joins: Join[] = [];
  const succession = successionOf(deps.takeover, {
    ...{ table, feed, clock, logger, audit, instance, joins },
    ...{ listener: () => server?.descriptor, gateway: () => gateway },
    retire() {
      server?.retire();
      void reloader.stop();
    },
    gate,
  });
  const policy = new HeldPolicy(agent.stateDir, logger, (head, revision) => {
    audit.event({ event: "policy.received", agent: agent.id, details: { head, revision } });
  });
  const revokedHeads =
    deps.guard &&
    new RevokedHeads({ stateDir: agent.stateDir, authority: deps.guard.authority, clock, logger });
  const tls = deps.guard && revokedHeads && withLockedOut(deps.guard.tls, revokedHeads);
  const epoch = randomUUID();
  const key = agentKeyIn(agent.stateDir);
  const access =
    deps.guard === undefined
      ? openAccess({ agent: agent.id, key })
      : ticketedAccess({
          ...{ agent: agent.id, epoch, policy, key, clock },
          rolesOfSocket: rolesOfSockets(agent.sockets),
          tickets: auditedTickets(audit, agent.id),
        });
  const services = agentServices({
    access,
    agent: agent.id,
    version,
    table,
    clock,
    timers,
    feed,
    reader,
    audit: strictAudit(audit, config.audit),
    relief: new MemoryRelief({ timers, logger, memory: cgroupMemory }),
    startedMs: clock.wallTimeMs(),
    peers: () => joins.map((join) => join.status()),
    trouble: () => reloader.trouble,
    reload: deps.shard?.reload ?? (async (asked) => reportOf(await reloader.reload(asked))),
    residentBytes: deps.residentBytes,
    takeover: succession.takeover,
    logger,
  });
  try {
    const adopted = await inheritLinks(inheritance, { table, feed, fleet });
    await deps.takeState?.();
    taken?.resolve();
    // Whoever comes before that is answered by the process before this one, which may go on itself.
    scope.own(await succeed(inheritance, adopted, { table, timers }));
    const front = deps.shard?.front(services, table, timers) ?? services;
    const inherited = inheritance?.listener;
    server = await startServer({
      listen: deps.behindGateway === true ? undefined : agent.listen,
      inherited,
      services: { Agent: front },
      tls,
      trustedSources: agent.trustedSources,
      insecure: deps.insecureListen,
      onShutOut: (source, fault) => {
        audit.event({ event: "penalty", agent: agent.id, peer: source, text: fault });
      },
      logger,
    });
    const local = server;
    // The way in when every head is dead. Of several shards the first lets in for all.
    const openSockets = async () => {
      const guarded = deps.guard !== undefined || deps.behindGateway === true;
      if (guarded && (deps.shard === undefined || deps.shard.index === 0))
        scope.own(await listenLocally(localSockets(agent.stateDir, agent.sockets), local, logger));
    };
    if (inheritance === undefined) await openSockets();
    if (deps.shard !== undefined)
      inner = await startServer({
        listen: INNER_LISTEN,
        services: {
          Agent: deps.guard === undefined ? services : servicesOfHost(services, deps.guard.machine),
        },
        tls,
        logger,
      });
    const openGateway = () =>
      openAgentGateway(agent.conserver, deps, {
        ...{ services: front, audit, identity: tls, reopenLogs, scope },
        inherited: inheritance?.gateway ?? [],
        reload: async (by) => {
          if (deps.shard === undefined) await reloader.reload({ by });
          else await deps.shard.reload({ by, planOnly: false });
        },
      });
    const { port } = server;
    // Port 0 in configuration: what heads are told is the port that was bound.
    const advertise = agent.advertise.map((address) =>
      formatHostPort(address.port === 0 ? { ...address, port } : address),
    );
    for (const head of agent.heads) {
      const resolveHost = async (host: string, signal: AbortSignal) =>
        (await resolver.resolve(host, signal)).map(({ address }) => address);
      const join = new Join(head, {
        agent: agent.id,
        advertise,
        version,
        instance,
        ticketEpoch: epoch,
        tls,
        trusting(name) {
          const take = policy.inbox(name);
          return (page) => {
            revokedHeads?.take(page);
            take(page);
          };
        },
        onLockedOut: (name) => {
          policy.forget(name);
        },
        conserverPort: () => gateway?.port ?? 0,
        host: deps.shard?.host,
        assigning: takesAssignments ? (name, answer) => assignments.inbox(name, answer) : undefined,
        table,
        logLagMs: () => feed.lagMs,
        clock,
        logger,
        resolveHost,
      });
      joins.push(join);
      scope.own(() => join.stop());
    }
    if (inheritance === undefined) gateway = await openGateway();
    await beginConsoles(inheritance, adopted, { table, feed, logger });
    // The process before this one has the port until it has handed over; without a gateway its consoles go on.
    if (inheritance !== undefined)
      gateway = await openGateway().catch((reason: unknown) => {
        logger.error("conserver's clients are not served", { cause: ConfedError.from(reason).message });
        return undefined;
      });
    const how = inheritance === undefined ? "started" : "has taken over";
    audit.event({ event: "process.start", agent: agent.id, text: how, details: { version } });
    // Not sooner: to ask for a group may take seconds. And nobody is there any more who would go on instead.
    if (inheritance !== undefined)
      await openSockets().catch((reason: unknown) => {
        logger.error("no local sockets", { cause: ConfedError.from(reason).message });
      });
    // A head hears of thousands of consoles at once: not before the logs have what gathered meanwhile.
    if (inheritance !== undefined) await feed.settled(CAUGHT_UP_MS_MAX);
    for (const join of joins) join.start();
    if (deps.load !== undefined)
      await watch.start({ files: [...config.files, managed], directories: config.directories ?? [] });
    return {
      port,
      conserverPort: gateway?.port,
      innerAddress: inner === undefined ? "" : formatHostPort({ ...INNER_LISTEN, port: inner.port }),
      consoles: new ShardConsoles({ fleet, feed, table, lift: (name) => deps.shard?.lift(name) === true }),
      reopenLogs,
      reload: (request) => reloader.reload(request),
      succeeded: succession.succeeded,
      stop: () => scope.close(),
    };
  } catch (reason) {
    await scope.close(reason);
    throw reason;
  }
}

/** A log that hangs is waited for 5 s by itself; what takes longer keeps nobody else from ending. */
const RELEASE_MS_MAX = 15_000;

/** Well within the time for which the process before this one keeps our place at heads. */
const CAUGHT_UP_MS_MAX = 1_000;

/**
 * Handshakes at a time. A thousand consoles connect in well under a second through it, and a
 * machine room that lost power is not met with ten thousand key exchanges at once.
 */
const DIALS_MAX = 64;

/** Loopback, for the other shards of the host alone; the system chooses the port. */
const INNER_LISTEN = { host: "127.0.0.1", port: 0 } as const;

async function reloadQuietly(reloader: Reloader, logger: Logger): Promise<void> {
  try {
    await reloader.reload({ by: "a file that changed" });
  } catch (reason) {
    logger.warn("the configuration was not read again", { cause: ConfedError.from(reason).message });
  }
}

function notReloadable(): ConfedError {
  return new ConfedError("failed_precondition", "this agent was started without a file to read again");
}
