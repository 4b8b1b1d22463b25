import type { Socket } from "node:net";
import type { ConfedError } from "@confed/kernel";
import type { Call, PeerIdentity } from "./peer-identity.ts";

let count = 0;

/** One connection that somebody made to a listener of ours, from accept to close. */
export class Connection implements Call {
  /** Tells it apart from every other of this process. */
  readonly id: string;
  /** As accepted, below TLS. */
  readonly socket: Socket;
  /** `host:port` of the peer. */
  readonly address: string;
  /** Known once the handshake is through; until then nobody. */
  peer: PeerIdentity;
  /** Why none of its calls is served, if so. */
  refusal: ConfedError | undefined;

  constructor(socket: Socket) {
    count += 1;
    this.id = String(count);
    this.socket = socket;
    this.address = `${socket.remoteAddress ?? ""}:${socket.remotePort ?? ""}`;
    this.peer = { class: "none", address: this.address };
  }

  /** Hang up, without a word. */
  destroy(): void {
    this.socket.destroy();
  }
}
