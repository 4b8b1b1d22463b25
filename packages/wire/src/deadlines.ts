/**
 * How long each unary call may take, by kind. The one place where this is decided; the client
 * makes no unary call without its row, and a test holds the table against the contract.
 */
export const UNARY_DEADLINE_MS = {
  /** Answered from memory. */
  resolve: 2_000,
  /** From memory; through a head one hop more. */
  inspect: 3_000,
  status: 3_000,
  /** May touch every console of an agent, through a head every agent. */
  control: 10_000,
  /** A password takes tens of milliseconds; PAM may ask a directory, for 15 s at most. */
  login: 20_000,
  /** A commit of the store, for 5 s at most. */
  logout: 7_000,
  whoAmI: 2_000,
  administer: 10_000,
  /** A signature, and a write that waits for a disk, which has its own shorter deadline. */
  enroll: 10_000,
  renew: 10_000,
  enrolment: 10_000,
  /** Commits of the store, for 5 s each at most. */
  define: 30_000,
  /** Starts a process, which reads its configuration and opens every log. */
  upgrade: 60_000,
} as const;

/** The unary methods of the contract, by their name on our side. */
export type UnaryMethod = keyof typeof UNARY_DEADLINE_MS;
