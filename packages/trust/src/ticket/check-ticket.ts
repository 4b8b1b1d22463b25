import { CLAIMS_BYTES_MAX, decodeTicket, type TicketClaims } from "./claims.ts";
import { type SignedTicket, TICKET_LIMITS } from "./issue-ticket.ts";
import { isProven } from "./proof.ts";
import { RefusedError } from "./refusal.ts";
import { type Verifier, verifierOf } from "./signing-key.ts";
import { UsedOnce } from "./used-once.ts";

export interface TicketDeskOptions {
  readonly agent: string;
  /** Random, new with each start of the process: what an earlier life used, nobody remembers. */
  readonly epoch: string;
  /** Monotonic; what heads are told of in each heartbeat. */
  readonly nowMs: () => number;
  /** Tickets that may be used within their lifetime; for tests. */
  readonly usedMax?: number;
}

/** A ticket whose bearer has still to prove that it is his. */
export interface ReadTicket {
  readonly claims: TicketClaims;
  /**
   * Use it, by who answered `nonce` with `signature`. Once; throws {@link RefusedError}, and
   * "resource_exhausted" where it cannot be known whether it was used.
   */
  use(nonce: Uint8Array, signature: Uint8Array): TicketClaims;
  /** Use it as a head's own, which binds it to nobody: for calls of a head that proved to be one. */
  useUnbound(): TicketClaims;
}

/** Where tickets are looked at: one for each life of an agent. Holds the ids of the used ones. */
export class TicketDesk {
  readonly #options: TicketDeskOptions;
  readonly #used: UsedOnce;
  #issuers: readonly Verifier[] = [];

  constructor(options: TicketDeskOptions) {
    this.#options = options;
    this.#used = new UsedOnce({
      lifetimeMs: TICKET_LIMITS.lifetimeMs + TICKET_LIMITS.aheadMsMax,
      entriesMax: options.usedMax ?? USED_MAX,
    });
  }

  /** Whose tickets are good from now on: the public keys of all heads. */
  trust(publicKeys: Iterable<Uint8Array>): void {
    this.#issuers = [...publicKeys].flatMap((key) => verifierOf(key) ?? []);
  }

  /**
   * Everything about a ticket but who brings it. Throws {@link RefusedError}: nothing in an unsigned
   * ticket is even looked at.
   */
  read({ body, signature }: SignedTicket): ReadTicket {
    if (body.byteLength > CLAIMS_BYTES_MAX) throw refused("malformed");
    // Few heads, so all are tried: a hint at which one signed would be one more thing to believe.
    if (this.#issuers.length === 0) throw refused("unknown_key");
    if (!this.#issuers.some((verify) => verify("confed ticket v1", body, signature)))
      throw refused("bad_signature");
    const claims = decodeTicket(body);
    if (claims === undefined) throw refused("malformed");
    this.#look(claims);
    return {
      claims,
      use: (nonce, proof) => {
        const { id, agent, clientKey } = claims;
        if (clientKey === "" || !isProven(clientKey, { id, agent, nonce }, proof)) throw refused("bad_proof");
        return this.#use(claims);
      },
      useUnbound: () => {
        if (claims.clientKey !== "") throw refused("bad_proof");
        return this.#use(claims);
      },
    };
  }

  #look({ agent, epoch, issuedMs, expiresMs }: TicketClaims): void {
    const nowMs = this.#options.nowMs();
    if (agent !== this.#options.agent) throw refused("other_agent");
    if (epoch !== this.#options.epoch) throw refused("before_start");
    if (issuedMs > nowMs + TICKET_LIMITS.aheadMsMax) throw refused("not_yet");
    // A ticket never lives longer than we remember it, whatever it says itself.
    if (nowMs >= expiresMs || nowMs >= issuedMs + TICKET_LIMITS.lifetimeMs) throw refused("expired");
  }

  // Only what was proven is used up: a ticket that was merely seen by somebody stays good.
  #use(claims: TicketClaims): TicketClaims {
    this.#look(claims);
    if (!this.#used.use(claims.id, this.#options.nowMs())) throw refused("replayed");
    return claims;
  }
}

/** A thousand attaches a second for as long as a ticket lives: some 10 MiB. */
const USED_MAX = 65_536;

function refused(refusal: RefusedError["refusal"]): RefusedError {
  return new RefusedError("ticket", refusal);
}
