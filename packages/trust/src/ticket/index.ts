export { type ReadTicket, TicketDesk, type TicketDeskOptions } from "./check-ticket.ts";
export type { Permission, ResumeClaims, TicketClaims } from "./claims.ts";
export { type AgentClock, issueTicket, type SignedTicket, TICKET_LIMITS } from "./issue-ticket.ts";
export { type Challenge, isProven, prove } from "./proof.ts";
export { REFUSALS, type Refusal, RefusedError } from "./refusal.ts";
export { issueResumeToken, readResumeToken } from "./resume-token.ts";
export {
  generateSigningKey,
  importSigningKey,
  PUBLIC_KEY_BYTES,
  type SigningKey,
  verifierOf,
} from "./signing-key.ts";
