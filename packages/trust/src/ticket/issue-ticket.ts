import { randomUUID } from "node:crypto";
import { encodeTicket, type Permission, type TicketClaims } from "./claims.ts";
import type { SigningKey } from "./signing-key.ts";

/** A ticket as it travels. */
export interface SignedTicket {
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

/** Which agent a ticket is for, and what its clock shows now as far as the head knows. */
export interface AgentClock {
  readonly agent: string;
  readonly epoch: string;
  readonly nowMs: number;
}

/** Bounds of a ticket in time. */
export const TICKET_LIMITS = {
  /** Enough to dial a slow agent, and to be asked once more. */
  lifetimeMs: 60_000,
  /** A working day: then whoever still sits there asks again. */
  sessionMs: 8 * 60 * 60_000,
  /**
   * How far a head's idea of an agent's clock may be ahead: both run on their own crystals, and it
   * is told anew with each heartbeat.
   */
  aheadMsMax: 5_000,
} as const;

/** Allow this at one agent, once, within the next minute of that agent's clock. */
export function issueTicket(
  key: SigningKey,
  permission: Permission,
  { agent, epoch, nowMs }: AgentClock,
  { sessionMs = TICKET_LIMITS.sessionMs }: { readonly sessionMs?: number | undefined } = {},
): SignedTicket {
  const issuedMs = Math.max(0, Math.floor(nowMs));
  const claims: TicketClaims = {
    // Each by its name: V8 gives an object that begins with others spread into it a hidden class of its own for
    // every field that follows, which are old objects, and a head writes five hundred tickets a second.
    subject: permission.subject,
    groups: permission.groups,
    verbs: permission.verbs,
    consoles: permission.consoles,
    policyRevision: permission.policyRevision,
    clientKey: permission.clientKey,
    // 122 random bits, of which Node keeps some at hand: 10 us less than asking for 16 bytes.
    id: randomUUID(),
    agent,
    epoch,
    issuedMs,
    expiresMs: issuedMs + TICKET_LIMITS.lifetimeMs,
    sessionMs,
  };
  const body = encodeTicket(claims);
  return { body, signature: key.sign("confed ticket v1", body) };
}
