import { ConfedError } from "@confed/kernel";

/** Why a ticket or token was not accepted. Stable: audit lines carry it. */
export const REFUSALS = {
  malformed: "cannot be read",
  unknown_key: "is signed with a key that no head of this agent has",
  bad_signature: "is not what was signed",
  other_agent: "is for another agent",
  other_console: "is for another console",
  /** The agent has forgotten which tickets of its earlier life were used. */
  before_start: "was given before this agent started",
  not_yet: "is from the future",
  expired: "has expired",
  replayed: "was used before",
  bad_proof: "was brought by somebody who does not hold its key",
  revoked: "was given before its subject's access was revoked",
} as const;

/** See {@link REFUSALS}. */
export type Refusal = keyof typeof REFUSALS;

const MENDABLE: ReadonlySet<Refusal> = new Set(["before_start", "not_yet", "expired", "unknown_key"]);

/**
 * A refusal as an error: "unauthenticated", or "unavailable" where another ticket mends it. The reason
 * is where programs find it.
 */
export class RefusedError extends ConfedError {
  readonly refusal: Refusal;

  constructor(what: "ticket" | "resume token", refusal: Refusal) {
    super(MENDABLE.has(refusal) ? "unavailable" : "unauthenticated", `the ${what} ${REFUSALS[refusal]}`, {
      subject: refusal,
      hint: HINTS[refusal],
    });
    this.refusal = refusal;
  }

  /** A fresh ticket may do: nothing is wrong with whoever asks. */
  get mendable(): boolean {
    return MENDABLE.has(this.refusal);
  }
}

const HINTS: Partial<Record<Refusal, string>> = {
  before_start: "ask the head for another one",
  expired: "ask the head for another one",
  not_yet: "ask the head for another one",
  unknown_key: "has the agent joined the head that gave it?",
};
