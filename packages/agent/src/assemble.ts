import { randomUUID } from "node:crypto";
import type { AgentConfig } from "@confed/config";
import { type Clock, createBackoff, formatHostPort, type Logger, Scope, TimerWheel } from "@confed/kernel";
import { startNameResolver } from "@confed/transports";
import { type RunningServer, startServer } from "@confed/wire";
import { Cadence } from "./console/cadence.ts";
import { Console } from "./console/console.ts";
import { ConsoleTable } from "./console/console-table.ts";
import { DialGate } from "./console/dial-gate.ts";
import { Join } from "./join/join.ts";
import { LogFeed } from "./log/log-feed.ts";
import { LogReader } from "./log/log-reader.ts";
import { spawnWriter } from "./log/writer-process.ts";
import { agentServices } from "./services/agent-services.ts";
import { targetOf, transportOf } from "./transports/assemble.ts";

/** What an agent needs from the process it lives in. */
export interface AgentDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  /** For secrets that are references into the environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly residentBytes: () => number;
}

export interface RunningAgent {
  /** Where it listens. */
  readonly port: number;
  /** logrotate has moved the files: open them by name again. */
  reopenLogs(): void;
  /** Viewers are told, links closed, logs written to their end. Resolves when nothing is left. */
  stop(): Promise<void>;
}

/**
 * Wiring, and nothing but wiring: every part of an agent is made on this page. Rejects when it
 * cannot listen; what was started by then is undone.
 */
export async function startAgent(
  { agent, logs, consoles }: AgentConfig,
  deps: AgentDeps,
): Promise<RunningAgent> {
  const { clock, logger, version } = deps;
  const scope = new Scope();
  const timers = new TimerWheel(clock);
  const resolver = startNameResolver({ clock, logger, scope });
  const table = new ConsoleTable(agent.id);
  const feed = new LogFeed(
    { stateDir: agent.stateDir, ...logs },
    { clock, logger, spawn: (events) => spawnWriter(logger, events) },
  );
  scope.own(() => feed.stop());
  const reader = new LogReader(agent.stateDir, { clock, logger });
  scope.own(() => {
    reader.close();
  });
  const gate = new DialGate(DIALS_MAX);
  const cadence = new Cadence(clock);
  // Owned before the consoles, so released after them: viewers are told before their streams go.
  let server: RunningServer | undefined;
  scope.own(() => server?.close());

  consoles.forEach((spec, at) => {
    const console = new Console(
      { name: spec.name, number: at + 1, onDemand: spec.onDemand },
      {
        transport: transportOf(spec, { stateDir: agent.stateDir, env: deps.env })({
          clock,
          resolver,
          logger,
        }),
        clock,
        timers,
        logger,
        feed,
        gate,
        cadence,
        retryDelayMs: retryDelay(spec.retry),
        onChange: ({ name }) => {
          table.changed(name);
        },
      },
    );
    const { name, groups, labels, transport, description = "" } = spec;
    table.add({ console, name, groups, labels, transport, target: targetOf(spec), description });
  });
  scope.own(async () => {
    await Promise.all([...table.all()].map(({ console }) => console.stop()));
  });

  const joins: Join[] = [];
  const services = agentServices({
    agent: agent.id,
    version,
    table,
    clock,
    timers,
    feed,
    reader,
    startedMs: clock.wallTimeMs(),
    peers: () => joins.map((join) => join.status()),
    residentBytes: deps.residentBytes,
  });
  try {
    server = await startServer({ listen: agent.listen, services: { Agent: services }, logger });
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
        instance: randomUUID(),
        table,
        logLagMs: () => feed.lagMs,
        clock,
        logger,
        resolveHost,
      });
      joins.push(join);
      scope.own(() => join.stop());
      join.start();
    }
    for (const { console } of table.all()) console.start();
    return {
      port,
      reopenLogs: () => {
        feed.reopen();
      },
      stop: () => scope.close(),
    };
  } catch (reason) {
    await scope.close(reason);
    throw reason;
  }
}

/**
 * Handshakes at a time. A thousand consoles connect in well under a second through it, and a
 * machine room that lost power is not met with ten thousand key exchanges at once.
 */
const DIALS_MAX = 64;

function retryDelay(retry: {
  readonly firstMs: number;
  readonly maxMs: number;
}): (attempt: number) => number {
  const delayMs = createBackoff(retry);
  return (attempt) => delayMs(attempt - 1);
}
