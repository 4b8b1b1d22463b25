import type { Clock } from "@confed/kernel";
import type { PeerStatus, ProcessStatus } from "@confed/wire";
import { PHASE_ON_THE_WIRE } from "../console/console.ts";
import type { ConsoleTable } from "../console/console-table.ts";
import type { LogFeed } from "../log/log-feed.ts";

export interface StatusDeps {
  readonly agent: string;
  readonly version: string;
  readonly table: ConsoleTable;
  readonly feed: LogFeed;
  readonly clock: Clock;
  readonly startedMs: number;
  /** The heads and how the join with each stands. */
  readonly peers: () => PeerStatus[];
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
  residentBytes,
}: StatusDeps): ProcessStatus {
  const consoles: Record<string, number> = {};
  let viewers = 0;
  let gapBytes = 0;
  for (const { console } of table.all()) {
    const state = PHASE_ON_THE_WIRE[console.state.phase];
    consoles[state] = (consoles[state] ?? 0) + 1;
    viewers += console.viewers.count;
    gapBytes += console.gapBytes;
  }
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
  };
}
