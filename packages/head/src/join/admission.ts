import { ConfedError, matches, type Selection } from "@confed/kernel";
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
  /** There is such an agent. */
  isKnown(agent: string): boolean;
}

/** At a head that keeps no list of machines: what a certificate proves must do, and agents are those that have come. */
export function openAdmission(hasCome: (agent: string) => boolean): Admission {
  return {
    admit: () => undefined,
    recheck: () => undefined,
    consolesOf: () => undefined,
    isKnown: hasCome,
  };
}

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
    isKnown: (agent) => machines.get({ kind: "agent", id: agent }) !== undefined,
  };
}

/** A console that its token does not allow. */
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

/** Throws "not_found" for an agent that there is none of. */
export function checkKnown(admission: Admission, agent: string): void {
  if (admission.isKnown(agent)) return;
  throw new ConfedError("not_found", `this head knows no agent ${agent}`, {
    subject: agent,
    hint: "it has to be enrolled, or without TLS to have joined once: confed agent ls, confed status",
  });
}

/** Why an agent may not have a console; undefined: it may. */
export function refusalOf(admission: Admission, agent: string, console: string): ConfedError | undefined {
  const allowed = admission.consolesOf(agent);
  if (allowed === undefined || matches(allowed, { name: console, groups: [], labels: {} })) return undefined;
  return outsideError(agent, console, allowed.text);
}
