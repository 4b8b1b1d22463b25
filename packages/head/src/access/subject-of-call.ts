import { ConfedError } from "@confed/kernel";
import type { Subject } from "@confed/trust";
import type { Call } from "@confed/wire";
import type { Store } from "../store/store.ts";
import type { Logins } from "../users/logins.ts";

export interface SubjectOfCallDeps {
  readonly store: Pick<Store, "get">;
  readonly logins: Pick<Logins, "subjectOf">;
}

/**
 * Whom a call names: by its bearer token, else by the certificate or the local socket that it came over.
 * Undefined: nobody. Throws "unauthenticated" for a token that is none, or none any more.
 */
export function subjectOfCall(
  { peer, bearer }: Call,
  { store, logins }: SubjectOfCallDeps,
): Subject | undefined {
  if (bearer !== undefined) {
    const subject = logins.subjectOf(bearer);
    if (subject !== undefined) return subject;
    throw new ConfedError("unauthenticated", "this token is none, or none any more", { hint: "rcons login" });
  }
  if (peer.class === "user") {
    const groups = store.get("users", peer.id)?.value.groups ?? [];
    return { name: `user:${peer.id}`, groups };
  }
  // Whoever can open the sockets of the head's own directory is its administrator already.
  if (peer.class === "local")
    return { name: `local:${peer.group}`, groups: [], roles: peer.group === "admin" ? ["admin"] : [] };
  return undefined;
}
