import { type PeerStatus, toDetail } from "@confed/wire";
import type { AgentRecord } from "../directory/agent-record.ts";

/** An agent as the head shows it. `cause` of one that is up: it cannot be dialled, or claims what it may not. */
export function peerStatusOf(agent: AgentRecord): PeerStatus {
  const { id, identity, presence, claims, dialFailure, refusedClaim } = agent;
  const cause = presence.state === "down" ? presence.cause : (dialFailure ?? refusedClaim);
  return {
    id,
    addresses: [...identity.advertise],
    state: presence.state,
    sinceMs: presence.sinceMs,
    version: identity.version,
    consoles: claims.size,
    cause: cause === undefined ? null : toDetail(cause),
  };
}
