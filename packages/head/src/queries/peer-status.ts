import { type PeerStatus, toDetail } from "@confed/wire";
import type { AgentRecord } from "../directory/agent-record.ts";

/** An agent as the head shows it. `cause` of one that is up: it cannot be dialled. */
export function peerStatusOf({ id, identity, presence, claims, dialFailure }: AgentRecord): PeerStatus {
  const cause = presence.state === "down" ? presence.cause : dialFailure;
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
