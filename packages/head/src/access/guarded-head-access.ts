import { type Clock, ConfedError, neutralise } from "@confed/kernel";
import { generateSigningKey, issueTicket, PUBLIC_KEY_BYTES, type Subject } from "@confed/trust";
import { type Call, WIRE_LIMITS } from "@confed/wire";
import type { AgentRecord } from "../directory/agent-record.ts";
import type { revocationsIn } from "../enrolment/revoked-heads.ts";
import type { PolicySource } from "../policy/policy-source.ts";
import type { Caller, HeadAccess, TrustPage } from "./head-access.ts";

export interface GuardedHeadAccessDeps {
  readonly policy: PolicySource;
  /** Heads that agents are to believe no more. */
  readonly revocations: ReturnType<typeof revocationsIn>;
  readonly clock: Pick<Clock, "nowMs">;
  /** Whom a call's bearer token or certificate names; undefined: nobody known. Throws "unauthenticated". */
  readonly subjectOf: (call: Call) => Subject | undefined;
}

/** Nobody may do anything here but with an identity, and then what roles say. */
export function guardedHeadAccess({
  policy,
  revocations,
  clock,
  subjectOf,
}: GuardedHeadAccessDeps): HeadAccess {
  // Of this process alone: agents learn it when they join, and tickets live for a minute.
  const key = generateSigningKey();
  return {
    who(call) {
      const subject = subjectOf(call);
      if (subject === undefined) throw unauthenticated(call);
      call.vouch();
      return callerOf(subject);
    },
    checkAgent({ peer }, agent) {
      if (peer.class === "machine" && peer.kind === "agent" && isOf(peer.id, agent)) return;
      const who =
        peer.class === "machine" ? `${peer.kind} ${peer.id}` : "somebody without a machine's certificate";
      throw new ConfedError("unauthenticated", `${who} wants to join as agent ${neutralise(agent, 140)}`, {
        subject: agent.slice(0, 140),
        hint: "is `agent: { id }` the name that it was enrolled with?",
      });
    },
    trustPages() {
      const { revision } = policy.current;
      const bytes = Buffer.from(policy.text);
      const pages: TrustPage[] = [];
      for (let at = 0; at < bytes.byteLength; at += WIRE_LIMITS.pageBytesMax) {
        const end = at + WIRE_LIMITS.pageBytesMax;
        const last = end >= bytes.byteLength;
        pages.push({
          revision,
          policy: bytes.subarray(at, end),
          last,
          ticketKeys: last ? [key.publicKey] : [],
          ...(last ? revocations.current() : undefined),
        });
      }
      return pages;
    },
    watch(onChange) {
      const cancels = [policy.watch(onChange), revocations.watch(onChange)];
      return () => {
        for (const cancel of cancels) cancel();
      };
    },
  };

  function callerOf(subject: Subject): Caller {
    let by = policy.current;
    let authority = by.authorityOf(subject);
    const current = () => {
      if (by !== policy.current) {
        by = policy.current;
        authority = by.authorityOf(subject);
      }
      return authority;
    };
    return {
      name: subject.name.replace(/^user:/, ""),
      verbsOn: (console) => current().verbsOn(console, console.owner),
      mayEver: (verbs) => current().mayEver(verbs),
      mayAlways: (verbs) => current().mayAlways(verbs),
      ticketFor({ ticketClock }: AgentRecord, { verbs, consoles, clientKey }) {
        if (ticketClock === undefined) return undefined;
        if (clientKey.byteLength !== 0 && clientKey.byteLength !== PUBLIC_KEY_BYTES)
          throw new ConfedError("invalid_argument", "this is no Ed25519 key", { subject: "client_key" });
        const permission = {
          subject: subject.name,
          groups: subject.groups,
          verbs,
          consoles,
          policyRevision: policy.current.revision,
          clientKey: Buffer.from(clientKey).toString("base64url"),
        };
        const { epoch, clockMs, heardAtMs, agent } = ticketClock;
        return issueTicket(key, permission, { agent, epoch, nowMs: clockMs + (clock.nowMs() - heardAtMs) });
      },
    };
  }
}

/** The shards of a host join under the host's certificate, each with its number. */
function isOf(machine: string, agent: string): boolean {
  return (
    agent === machine ||
    (agent.startsWith(`${machine}.`) && /^[0-9]{1,2}$/.test(agent.slice(machine.length + 1)))
  );
}

function unauthenticated({ peer }: Call): ConfedError {
  const rejected = peer.class === "none" ? peer.rejected : undefined;
  return new ConfedError("unauthenticated", rejected ?? "this head does not know who you are", {
    hint: "rcons login; on the head's own host --socket",
  });
}
