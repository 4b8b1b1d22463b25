/** What is defined of a console at a head, as a store keeps it. At least one of the two is there. */
export interface StoredDefinition {
  /** By files of the head; in force where both are. */
  readonly file?: StoredAssignment | undefined;
  /** By a command. */
  readonly told?: (StoredAssignment & { readonly by: string }) | undefined;
}

/** A console and the agent that is to have it. */
export interface StoredAssignment {
  readonly agent: string;
  /** An entry of a console table, as JSON. */
  readonly entry: string;
  readonly atMs: number;
}

/**
 * Whose a console is. Written when it becomes somebody's and never again, so that the revision of its entry, which
 * grows and is never given twice, is the epoch.
 */
export interface StoredClaim {
  readonly agent: string;
  readonly sinceMs: number;
}

/** The definition that is in force. */
export function inForce({ file, told }: StoredDefinition): StoredAssignment | undefined {
  return file ?? told;
}
