import type { Clock, ConfedError } from "@confed/kernel";
import { type PeerStatus, type ProcessStatus, toDetail } from "@confed/wire";
import type { ConsoleTable } from "../console/console-table.ts";
import { PHASE_ON_THE_WIRE } from "../console/state-on-the-wire.ts";
import type { LogFeed } from "../log/log-feed.ts";
import { ipmiDrops } from "../transports/assemble.ts";

export interface StatusDeps {
  readonly agent: string;
  readonly version: string;
  readonly table: ConsoleTable;
  readonly feed: LogFeed;
  readonly clock: Clock;
  readonly startedMs: number;
  /** The heads and how the join with each stands. */
  readonly peers: () => PeerStatus[];
  /** What an administrator must know: the configuration on disk is not what runs. */
  readonly trouble: () => ConfedError | undefined;
  readonly residentBytes: () => number;
}

/** How this agent is. Walks all consoles: for people, not for every tick. */
export function processStatus({
  agent,
  version,
  table,
  feed,
  startedMs,
  peers,
  trouble,
  residentBytes,
  clock,
}: StatusDeps): ProcessStatus {
  const consoles: Record<string, number> = {};
  let viewers = 0;
  let gapBytes = 0;
  for (const { console } of table.all()) {
    const state = PHASE_ON_THE_WIRE[console.state.phase];
    consoles[state] = (consoles[state] ?? 0) + 1;
    viewers += console.viewers.count;
    gapBytes += console.output.gapBytes;
  }
  const error = trouble();
  return {
    role: "agent",
    id: agent,
    version,
    startedMs,
    consoles,
    viewers,
    gapBytes,
    peers: peers(),
    logLagMs: Math.round(feed.lagMs),
    residentBytes: residentBytes(),
    logsStalled: feed.stalledCount,
    ipmiDropped: { ...ipmiDrops({ clock }) },
    trouble: error === undefined ? null : toDetail(error),
  };
}
