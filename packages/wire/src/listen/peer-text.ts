import type { PeerIdentity } from "./peer-identity.ts";

/** Who is at the other end, in a word for records: `agent:sn01`, `user:anna`, `local:ops`, or an address. */
export function peerText(peer: PeerIdentity): string {
  switch (peer.class) {
    case "machine":
      return `${peer.kind}:${peer.id}`;
    case "user":
      return `user:${peer.id}`;
    case "local":
      return `local:${peer.group}`;
    default:
      return peer.address;
  }
}
