import type { StoredClaim, StoredDefinition } from "../assignments/stored.ts";
import type { StoredMachine, StoredPending, StoredRevokedHeads, StoredToken } from "../enrolment/stored.ts";
import type { StoredStatement } from "../following/stored.ts";
import type { StoredBinding, StoredRevocation, StoredRole } from "../policy/stored.ts";
import type { StoredApiToken, StoredLogin, StoredUser } from "../users/stored.ts";

/**
 * Every kind of thing in a store, by its name there, and what one is. Each kind belongs to one piece of the head; fields are
 * only ever added, for heads read what an earlier version has written.
 */
export interface StoredKinds {
  /** By their id: tokens that were made and not used up. */
  readonly tokens: StoredToken;
  /** By name: who was enrolled. */
  readonly machines: StoredMachine;
  /** One: what agents are told of heads that were revoked. */
  readonly revokedHeads: StoredRevokedHeads;
  /** By name: who waits for an administrator. */
  readonly pending: StoredPending;
  /** By name. */
  readonly roles: StoredRole;
  /** By whom they bind: `user:anna`, `group:ops`, `local:ops`. */
  readonly bindings: StoredBinding;
  /** By subject. */
  readonly revocations: StoredRevocation;
  /** By name. */
  readonly users: StoredUser;
  /** By their id. */
  readonly logins: StoredLogin;
  /** By their id. */
  readonly apiTokens: StoredApiToken;
  /** At a head that follows another, under {@link STATEMENT_KEY}: what that one said of everything else here. */
  readonly following: StoredStatement;
  /** By console. */
  readonly definitions: StoredDefinition;
  /** By console; its epoch is the revision of the entry. */
  readonly claims: StoredClaim;
}
