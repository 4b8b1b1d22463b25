import { ConfedError, type Selectable } from "@confed/kernel";
import { holds, type Verb, type VerbSet, verbSet } from "@confed/trust";
import type { Call, Ticket } from "@confed/wire";
import type { AgentRecord } from "../directory/agent-record.ts";

/** Somebody who was recognised, and what he may do, asked anew each time: it changes. */
export interface Caller {
  /** As others see it and the audit says it: `anna`, `local:ops`. */
  readonly name: string;
  verbsOn(console: Selectable & { readonly owner: string }): VerbSet;
  mayEver(verbs: VerbSet): boolean;
  /** Nothing need be looked at one by one. */
  mayAlways(verbs: VerbSet): boolean;
  /**
   * What an agent is shown for this caller: bound to `clientKey`, or with "" to this head alone.
   * Undefined where agents ask for none, or have not said by which clock they go.
   */
  ticketFor(agent: AgentRecord, what: TicketFor): Ticket | undefined;
}

/** What a ticket is to allow. */
export interface TicketFor {
  readonly verbs: VerbSet;
  readonly consoles: string;
  /** 32 bytes, or none. */
  readonly clientKey: Uint8Array;
}

/** Who may do what through this head. */
export interface HeadAccess {
  /** Throws "unauthenticated". */
  who(call: Call): Caller;
  /** Throws "unauthenticated" unless this is the agent itself that joins. */
  checkAgent(call: Call, agent: string): void;
  /** What agents are told, in pages of at most 64 KiB; none where there is nothing to tell. */
  trustPages(): readonly TrustPage[];
  /** Told when roles do not allow what was asked for. */
  onDenied?(call: Call, caller: Caller, verb: Verb): void;
  /** Called after whatever may have changed what is allowed. Returns how to be told no more. */
  watch(onChange: () => void): () => void;
}

/** One page of what agents are told. */
export interface TrustPage {
  readonly revision: number;
  readonly policy: Uint8Array;
  readonly last: boolean;
  readonly ticketKeys: Uint8Array[];
  /** See {@link SignedRevocations}; with the last page. */
  readonly revoked?: Uint8Array;
  readonly revokedSignature?: Uint8Array;
}

/** Who calls, if there is anything that he may do that with. Throws "unauthenticated" and "permission_denied". */
export function callerFor(access: HeadAccess, call: Call, verb: Verb): Caller {
  const caller = access.who(call);
  if (caller.mayEver(verbSet([verb]))) return caller;
  access.onDenied?.(call, caller, verb);
  throw new ConfedError("permission_denied", `your roles do not allow ${verb} on any console`, {
    hint: "an administrator gives roles: confed grant",
  });
}

/** One of the consoles is one that the caller may do that with. */
export function allows(
  caller: Caller,
  verb: Verb,
): (console: Selectable & { readonly owner: string }) => boolean {
  const wanted = verbSet([verb]);
  if (caller.mayAlways(wanted)) return () => true;
  return (console) => holds(caller.verbsOn(console), wanted);
}
