import type { Call, PeerIdentity } from "@confed/wire";

/** A call by this peer, that keeps what it was told of it. */
export function callBy(peer: PeerIdentity): Call & { readonly told: string[] } {
  const told: string[] = [];
  return {
    peer,
    told,
    vouch: () => void told.push("vouched"),
    blame: () => void told.push("blamed"),
  };
}

/** A call by somebody of whom nothing is known. */
export const NOBODYS_CALL: Call = callBy({ class: "none", address: "10.0.0.1:1" });
