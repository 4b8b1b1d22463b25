import type { ConfedError } from "@confed/kernel";
import { type Permission, type Refusal, RefusedError, type TicketClaims } from "@confed/trust";
import type { Audit } from "@confed/trust/audit";
import { type Call, peerText } from "@confed/wire";

/** What is audited of tickets and tokens. */
export interface AuditedTickets {
  onUsed(call: Call, claims: TicketClaims): void;
  onRefused(call: Call, error: ConfedError, claims?: Permission): void;
}

/** One that was good once, and comes again or from somebody else: it was stolen, or was to be. */
const ALARMING: ReadonlySet<Refusal> = new Set(["replayed", "bad_proof"]);

/** Tickets and tokens that were shown to this agent, and calls that came with neither. */
export function auditedTickets(audit: Pick<Audit, "event" | "alarm">, agent: string): AuditedTickets {
  return {
    onUsed({ peer }, { subject, consoles, id }) {
      const of = { subject: subject.replace(/^user:/, ""), console: consoles, agent };
      audit.event({ event: "ticket.used", ...of, peer: peerText(peer), details: { ticket: id } });
    },
    onRefused({ peer }, error, claims) {
      const about = { agent, peer: peerText(peer), text: error.rawMessage };
      if (!(error instanceof RefusedError)) {
        audit.event({ event: "access.refused", ...about });
        return;
      }
      const { refusal } = error;
      // Whose it is says nothing about who brought it.
      const details = { refusal, of: claims?.subject, ticket: idOf(claims) };
      const event = { event: "ticket.refused", ...about, console: claims?.consoles, details } as const;
      if (ALARMING.has(refusal)) audit.alarm(event);
      else audit.event(event);
    },
  };
}

function idOf(claims: Permission | undefined): string | undefined {
  return claims !== undefined && "id" in claims ? String(claims.id) : undefined;
}
