import { ALL_VERBS, type VerbSet, verbSet } from "./verbs.ts";

/** Somebody who asks for something, as far as a policy knows people. */
export interface Subject {
  /** `user:anna`, `local:ops`, `agent:sn01`: one name, stable, shown to others and in the audit. */
  readonly name: string;
  /** Without the kind: `ops`. From the user's record, the host's user database or a certificate rule. */
  readonly groups: readonly string[];
  /** Granted by the way in itself, beside what bindings say: the role of a local socket. */
  readonly roles?: readonly string[] | undefined;
}

/** What a role says about some consoles. */
export interface Rule {
  readonly effect: "allow" | "deny";
  readonly verbs: VerbSet;
  /** In the grammar of selections: names, ranges, @groups, labels. */
  readonly consoles: string;
  /** Only consoles that one of these agents owns; without it, whoever owns them. */
  readonly agents?: readonly string[] | undefined;
}

/** A name for rules. */
export interface Role {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** Who has which roles. */
export interface Binding {
  /** `user:anna`, `group:ops` or `local:ops`. */
  readonly to: string;
  readonly roles: readonly string[];
}

/** Permission given before this revision is void: the user was removed, locked or changed. */
export interface Revocation {
  readonly subject: string;
  readonly revision: number;
}

/** Who may do what. The order of its lists means nothing. */
export interface Policy {
  /** Counted by whoever writes it; a higher one is newer. 0: nothing was ever said. */
  readonly revision: number;
  readonly roles: readonly Role[];
  readonly bindings: readonly Binding[];
  readonly revoked: readonly Revocation[];
}

/** Nobody may do anything. */
export const EMPTY_POLICY: Policy = { revision: 0, roles: [], bindings: [], revoked: [] };

/**
 * Roles that are always there, so that a host's administrators have a way in before any head has
 * ever said anything. They cannot be redefined.
 */
export const BUILT_IN_ROLES: readonly Role[] = [
  { name: "admin", rules: [{ effect: "allow", verbs: ALL_VERBS, consoles: "*" }] },
  {
    name: "operator",
    rules: [
      {
        effect: "allow",
        verbs: verbSet(["list", "view", "log.read", "search", "write", "force", "break", "power", "share"]),
        consoles: "*",
      },
    ],
  },
  {
    name: "viewer",
    rules: [{ effect: "allow", verbs: verbSet(["list", "view", "log.read", "search"]), consoles: "*" }],
  },
];

/** Bounds of a policy, with their reasons. */
export const POLICY_LIMITS = {
  /** As JSON; every agent holds one, and gets it in pages of 64 KiB. */
  textBytesMax: 4 * 1024 * 1024,
  rolesMax: 1_000,
  rulesPerRoleMax: 100,
  /** More people than any site has; groups are for the rest. */
  bindingsMax: 10_000,
  rolesPerBindingMax: 100,
  /** Kept as long as a session can last; then nothing is left that it could refuse. */
  revokedMax: 10_000,
} as const;
