/** What a head knows of a console when it looks whose it is. Agents by the names of their hosts. */
export interface ClaimView {
  /** Whose it is by the record. */
  readonly recorded: string | undefined;
  /** To whom it is assigned. */
  readonly assigned: string | undefined;
  /** Agents that are heard from and have it, the first that said so first. */
  readonly holders: readonly string[];
  /** The recorded agent is heard from, has said all that it has, and this is nothing of it any more. */
  readonly letGo: boolean;
}

/** What is to become of the record. */
export type ClaimStep =
  | { readonly is: "stay" }
  | { readonly is: "record"; readonly agent: string }
  | { readonly is: "forget" };

/**
 * Whose a console is to be. A record stays until its agent has let go, whoever else claims the console; then it
 * passes to who has it, and else to whom it is assigned.
 */
export function stepClaim({ recorded, assigned, holders, letGo }: ClaimView): ClaimStep {
  if (recorded !== undefined && !letGo) return STAY;
  // The one that it is assigned to rather than the first: the others are in conflict with it.
  const next = assigned !== undefined && holders.includes(assigned) ? assigned : (holders[0] ?? assigned);
  if (next === recorded) return STAY;
  return next === undefined ? { is: "forget" } : { is: "record", agent: next };
}

const STAY: ClaimStep = { is: "stay" };
