import type { Subject } from "@confed/trust";
import type { Call } from "@confed/wire";

/** Whom a connection itself proves: by its certificate, or by the local socket that it came over. */
export function subjectOfCall({ peer }: Call): Subject | undefined {
  if (peer.class === "user") return { name: `user:${peer.id}`, groups: [] };
  return undefined;
}
