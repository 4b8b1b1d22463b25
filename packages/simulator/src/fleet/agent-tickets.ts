import { randomBytes, randomUUID } from "node:crypto";
import { ConfedError } from "@confed/kernel";
import { holds, type ReadTicket, TicketDesk, verbSet } from "@confed/trust";
import type { Call, OpenReceived, TrustPageReceived } from "@confed/wire";

/** What a viewer was let in for. */
export interface Entry {
  readonly subject: string;
  readonly mayWrite: boolean;
}

/** A viewer who has shown a ticket, and has still to show that it is his. */
export interface Claimed {
  /** For the hello. */
  readonly nonce: Uint8Array;
  readonly proveId: string;
  /** Throws for a signature that is not that of the ticket's holder. */
  prove(signature: Uint8Array): Entry;
}

/**
 * Who may come to one simulated agent of a cluster: heads, and whoever shows a ticket of one. As a real agent does it, see
 * packages/agent/src/access, but that a ticket is all: no policy is held against it here, and no resume token counts.
 */
export class AgentTickets {
  /** Random, for heads: tickets for an earlier life of the agent are refused. */
  readonly epoch = randomUUID();
  readonly #keysOfHead = new Map<string, readonly Uint8Array[]>();
  readonly #desk: TicketDesk;

  constructor(agent: string, nowMs: () => number) {
    this.#desk = new TicketDesk({ agent, epoch: this.epoch, nowMs });
  }

  /** A head says by which keys its tickets are known, on the last page of its policy. */
  trust(head: string, { last, ticketKeys }: TrustPageReceived): void {
    if (!last) return;
    this.#keysOfHead.set(head, ticketKeys);
    this.#desk.trust([...this.#keysOfHead.values()].flat());
  }

  /** Throws what {@link TicketDesk} throws, and "unauthenticated" where there is no ticket for this console. */
  claim({ console, ticket }: OpenReceived, call: Call): Claimed {
    if (!ticket) throw unauthenticated();
    const read: ReadTicket = this.#desk.read(ticket);
    if (read.claims.consoles !== console) throw unauthenticated();
    const nonce = randomBytes(16);
    return {
      nonce,
      proveId: read.claims.id,
      prove(signature) {
        const { subject, verbs } = read.use(nonce, signature);
        call.vouch();
        return { subject: subject.replace(/^user:/, ""), mayWrite: holds(verbs, WRITE) };
      },
    };
  }
}

/** Throws "unauthenticated" for whoever is no head of the cluster. */
export function onlyHeads({ peer }: Call): void {
  if (peer.class !== "machine" || peer.kind !== "head") throw unauthenticated();
}

const WRITE = verbSet(["write"]);

function unauthenticated(): ConfedError {
  return new ConfedError("unauthenticated", "this agent does not know who you are", {
    hint: "go through a head, after `rcons login`",
  });
}
