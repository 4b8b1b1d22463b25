import type { ErrorDetail, FollowedHead, PeerStatus, ProcessStatus } from "@confed/wire";
import type { Directory } from "../directory/directory.ts";
import { peerStatusOf } from "./peer-status.ts";

export interface ProcessStatusDeps {
  readonly directory: Directory;
  readonly head: string;
  readonly version: string;
  readonly startedMs: number;
  /** Agents that are locked or revoked, and what cannot be written. */
  readonly trouble: () => HeadTrouble;
}

export interface HeadTrouble {
  readonly barred: readonly PeerStatus[];
  readonly store: ErrorDetail | null;
  readonly follows: FollowedHead | null;
}

/** How this head is. Counts every console: for a person who asks, not for a loop. */
export function processStatus({
  directory,
  head,
  version,
  startedMs,
  trouble,
}: ProcessStatusDeps): ProcessStatus {
  const consoles: Record<string, number> = {};
  let viewers = 0;
  for (const name of directory.names()) {
    const status = directory.statusOf(name);
    if (status === undefined) continue;
    consoles[status.state] = (consoles[status.state] ?? 0) + 1;
    viewers += status.viewers.length + status.viewersUnlisted;
  }
  const { barred, store, follows } = trouble();
  return {
    role: "head",
    id: head,
    version,
    startedMs,
    consoles,
    viewers,
    peers: [
      ...Array.from(directory.agents(), peerStatusOf).filter(
        ({ id }) => !barred.some((one) => one.id === id),
      ),
      ...barred,
    ],
    trouble: store,
    follows,
    residentBytes: process.memoryUsage.rss(),
  };
}
