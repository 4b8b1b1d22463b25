import type { Socket } from "node:net";
import type { ConfedError } from "@confed/kernel";
import type { Call, PeerIdentity } from "./peer-identity.ts";
import type { Fault } from "./penalties.ts";
import { sourceOf } from "./source-of.ts";
import type { Traffic } from "./traffic-watch.ts";
import type { Waiting } from "./waiting-room.ts";

let count = 0;

/** What a connection tells those who guard it. */
export interface ConnectionGuard {
  proven(connection: Connection): void;
  blamed(connection: Connection, fault: Fault): void;
}

/** One connection that somebody made to a listener of ours, from accept to close. */
export class Connection implements Call, Traffic, Waiting {
  /** Tells it apart from every other of this process. */
  readonly id: string;
  /** As accepted, below TLS. */
  readonly socket: Socket;
  /** `host:port` of the peer. */
  readonly address: string;
  readonly source: string;
  readonly sinceMs: number;
  readonly isTrusted: boolean;
  /** Known once the handshake is through; until then nobody. */
  peer: PeerIdentity;
  /** Why none of its calls is served, if so. */
  refusal: ConfedError | undefined;
  /** What HTTP/2 is spoken over: the accepted socket, or TLS around it. */
  speaks: Socket;
  /** Whose limits hold; whoever comes plain is taken for a machine. */
  kind: "user" | "machine" = "user";
  /** Somebody answers for it. */
  isProven = false;
  /** Late: it said nothing whole in its time, and is hung up on when it is its turn. */
  hello: "awaited" | "said" | "late" = "awaited";
  /** It has come as far as HTTP/2. */
  hasEntered = false;
  /** A call was begun. */
  hasCalled = false;
  /** Calls that are not over. */
  callCount = 0;
  /** Streams that something is sent to. */
  outletCount = 0;
  frames = 0;
  usefulBytes = 0;
  seenFrames = 0;
  budgetFrames = 0;
  readonly #guard: ConnectionGuard;

  constructor(
    socket: Socket,
    { nowMs, isTrusted, guard }: { nowMs: number; isTrusted: boolean; guard: ConnectionGuard },
  ) {
    count += 1;
    this.id = String(count);
    this.socket = socket;
    this.speaks = socket;
    this.#guard = guard;
    this.sinceMs = nowMs;
    this.isTrusted = isTrusted;
    this.address = `${socket.remoteAddress ?? ""}:${socket.remotePort ?? ""}`;
    this.source = sourceOf(socket.remoteAddress ?? "");
    this.peer = { class: "none", address: this.address };
  }

  get receivedBytes(): number {
    return this.speaks.bytesRead;
  }

  get pace(): "unproven" | "user" | "machine" {
    return this.isProven ? this.kind : "unproven";
  }

  vouch(): void {
    if (this.isProven) return;
    this.isProven = true;
    this.#guard.proven(this);
  }

  blame(): void {
    this.#guard.blamed(this, "auth");
  }

  /** It broke the protocol: hang up, and remember. */
  condemn(): void {
    this.#guard.blamed(this, "crash");
    this.destroy();
  }

  /** Hang up, without a word. */
  destroy(): void {
    this.socket.destroy();
  }
}
