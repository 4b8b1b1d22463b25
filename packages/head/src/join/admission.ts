import { ConfedError, type Selection } from "@confed/kernel";
import type { PeerIdentity } from "@confed/wire";
import type { Machines } from "../enrolment/machines.ts";
import type { FollowedStore } from "../following/followed-store.ts";

/** Which of the machines that prove who they are may join, and what they may claim. */
export interface Admission {
  /** Throws "unauthenticated" or "permission_denied" for one that is locked, revoked, replaced or was never enrolled. */
  admit(peer: PeerIdentity): void;
  /** Throws where a machine that has joined may not stay. */
  recheck(machine: string): void;
  /** The consoles that its agent may claim; undefined: any. */
  consolesOf(machine: string): Selection | undefined;
}

/** At a head that keeps no list of machines: what a certificate proves must do. */
export const OPEN_ADMISSION: Admission = {
  admit: () => undefined,
  recheck: () => undefined,
  consolesOf: () => undefined,
};

/** At a head that knows who was enrolled; `followed` where it knows that of another head. */
export function enrolledAdmission(
  machines: Machines,
  followed?: Pick<FollowedStore, "checkKnowing">,
): Admission {
  return {
    admit(peer) {
      followed?.checkKnowing();
      if (peer.class === "machine") machines.admit(peer);
    },
    recheck(machine) {
      const entry = machines.get({ kind: "agent", id: machine });
      if (entry !== undefined) machines.checkState(entry.value);
    },
    consolesOf: (machine) => machines.consolesOf(machine),
  };
}

/** It claims a console that its token does not allow. */
export function outsideError(agent: string, console: string, allowed: string): ConfedError {
  const shown = allowed.length > 100 ? `${allowed.slice(0, 100)}...` : allowed;
  return new ConfedError(
    "permission_denied",
    `agent ${agent} claims ${console}, but may have ${shown} only`,
    {
      subject: console,
      hint: `confed token create --agent ${agent} --consoles SELECTION, and enrol it anew`,
    },
  );
}
