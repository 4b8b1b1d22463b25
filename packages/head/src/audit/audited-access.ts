import { ConfedError } from "@confed/kernel";
import type { Audit } from "@confed/trust/audit";
import { peerText } from "@confed/wire";
import type { HeadAccess } from "../access/head-access.ts";

/** The same access, and on record who was not let in, or wanted what roles do not allow. */
export function auditedAccess(access: HeadAccess, audit: Pick<Audit, "event">): HeadAccess {
  return {
    ...access,
    who(call) {
      try {
        return access.who(call);
      } catch (reason) {
        const text = ConfedError.from(reason).rawMessage;
        audit.event({ event: "access.refused", peer: peerText(call.peer), text });
        throw reason;
      }
    },
    onDenied({ peer }, { name: subject }, verb) {
      audit.event({ event: "access.refused", subject, peer: peerText(peer), text: verb });
    },
  };
}
