import type { AgentRecord, Claim } from "./agent-record.ts";
import { isHeard } from "./shown-status.ts";

/**
 * True of a shard, or an agent of one process, whose host goes on without it since its number of
 * shards was changed: it is down, the host's other shards are heard from, and those have all that it
 * claimed. Of one that died, its consoles tell. Costs one look-up per console that is claimed twice.
 */
export function isGoneShard(
  agent: AgentRecord,
  agents: Iterable<AgentRecord>,
  claimsOn: (console: string) => readonly Claim[],
): boolean {
  if (agent.presence.state !== "down" || agent.claims.size > agent.contested.size) return false;
  const host = hostOf(agent);
  const isSibling = (other: AgentRecord) =>
    other !== agent && other.presence.state !== "down" && hostOf(other) === host;
  for (const name of agent.contested)
    if (!claimsOn(name).some((claim) => isHeard(claim) && isSibling(claim.agent))) return false;
  for (const other of agents) if (isSibling(other)) return true;
  return false;
}

/** The shards of `sn01` are `sn01.0`, `sn01.1` and so on. */
function hostOf({ id }: AgentRecord): string {
  return id.replace(/\.\d{1,3}$/, "");
}
