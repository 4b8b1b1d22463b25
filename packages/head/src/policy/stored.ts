import type { Verb } from "@confed/trust";

/** A role as a store keeps it; verbs by name, for people read stores too. */
export interface StoredRole {
  readonly rules: readonly {
    readonly effect: "allow" | "deny";
    readonly verbs: readonly Verb[];
    readonly consoles: string;
    readonly agents?: readonly string[] | undefined;
  }[];
}

/** Which roles somebody has. */
export interface StoredBinding {
  readonly roles: readonly string[];
}

/** Permission given to a subject before the revision of this entry is void. */
export interface StoredRevocation {
  readonly atMs: number;
}
