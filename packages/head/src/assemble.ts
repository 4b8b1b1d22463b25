import { hostname } from "node:os";
import { type Clock, type HostPort, isConsoleName, type Logger, Scope } from "@confed/kernel";
import { startServer } from "@confed/wire";
import { AgentLinks } from "./attach/agent-links.ts";
import type { ResolveHost } from "./attach/dial-agent.ts";
import { Relays } from "./attach/relays.ts";
import { Directory } from "./directory/directory.ts";
import { headService } from "./head-service.ts";
import { Joins } from "./join/joins.ts";
import { QuietStreams } from "./queries/quiet-streams.ts";
import { WatchFeed } from "./queries/watch-feed.ts";
import { Tails } from "./tail/tails.ts";

/** What a head needs of its configuration; `HeadSettings` is one. */
export interface HeadOptions {
  /** How long after its start agents that it has not heard of may be on their way. Default 6 s. */
  readonly joinGraceMs?: number;
  /** Loopback, which the configuration sees to. Port 0: the system chooses. */
  readonly listen: HostPort;
}

export interface HeadDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  readonly resolveHost: ResolveHost;
}

export interface RunningHead {
  /** The port that was bound. */
  readonly port: number;
  /** Ends every call and connection. Idempotent, never rejects. */
  close(): Promise<void>;
}

/**
 * Start a head. It knows nothing: agents tell it what they have. Rejects with "conflict" when the
 * address is taken.
 */
export async function startHead(
  { listen, joinGraceMs = JOIN_GRACE_MS }: HeadOptions,
  deps: HeadDeps,
): Promise<RunningHead> {
  const { clock, logger, version, resolveHost } = deps;
  const scope = new Scope({ clock, releaseMsMax: RELEASE_MS_MAX });
  const head = isConsoleName(hostname()) ? hostname() : "head";
  const oldAtMs = clock.nowMs() + joinGraceMs;
  const directory = new Directory(
    () => clock.wallTimeMs(),
    () => clock.nowMs() < oldAtMs,
  );
  const links = new AgentLinks({ directory, clock, logger, resolveHost });
  scope.own(() => {
    links.close();
  });
  const joins = new Joins({
    clock,
    directory,
    logger,
    head,
    version,
    onAdmitted: (agent, restarted) => {
      links.admitted(agent, restarted);
    },
  });
  scope.own(() => {
    joins.stop();
  });
  const quietStreams = new QuietStreams(clock);
  scope.own(() => {
    quietStreams.stop();
  });
  const watchFeed = new WatchFeed({ clock, directory, quietStreams });
  scope.own(() => {
    watchFeed.stop();
  });
  const service = headService({
    clock,
    directory,
    links,
    head,
    version,
    startedMs: clock.wallTimeMs(),
    joins,
    relays: new Relays({ clock, directory, links }),
    watchFeed,
    tails: new Tails({ clock, directory, links, quietStreams }),
  });
  try {
    const server = await startServer({ listen, services: { Head: service }, logger });
    scope.own(() => server.close());
    return { port: server.port, close: () => scope.close() };
  } catch (reason) {
    await scope.close();
    throw reason;
  }
}

/** What hangs keeps nobody else from ending. */
const RELEASE_MS_MAX = 5_000;

/**
 * They try again at most 5 s apart and take a moment to connect. The first that comes must not make
 * the consoles of the others unknown.
 */
const JOIN_GRACE_MS = 6_000;
