import { ConfedError } from "@confed/kernel";
import type { ConsoleStatusReceived } from "@confed/wire";

/** How an agent is, as its join stream tells. */
export type Presence =
  | { readonly state: "up"; readonly sinceMs: number }
  /** Nothing was heard for longer than a heartbeat; its consoles are shown as they were last. */
  | { readonly state: "stalled"; readonly sinceMs: number }
  /** Three heartbeats were missed, or the stream ended. */
  | { readonly state: "down"; readonly sinceMs: number; readonly cause: ConfedError };

/** What an agent says of itself when it joins; checked. */
export interface AgentIdentity {
  readonly id: string;
  /** Addresses to dial, `host:port`, in order of preference. */
  readonly advertise: readonly string[];
  readonly version: string;
  /** Tells a restart from a reconnect. */
  readonly instance: string;
  /** Where it serves conserver's own clients, at the host of its first address; 0: nowhere. */
  readonly conserverPort?: number | undefined;
}

/** By which clock an agent goes when it looks at tickets, as it said last. */
export interface TicketClock {
  readonly agent: string;
  /** This life of it. */
  readonly epoch: string;
  readonly clockMs: number;
  /** When we heard it, in our own monotonic clock. */
  readonly heardAtMs: number;
}

/** One agent's word that a console is its own. */
export interface Claim {
  readonly agent: AgentRecord;
  /** The same object from the first word to the last. */
  readonly status: ConsoleStatusReceived;
  /** The join that said it last; see `round` of the agent. */
  round: number;
}

/** Whose a console is as this head has recorded it. */
export interface RecordedClaim {
  readonly agent: string;
  readonly epoch: number;
}

/** An agent this head has heard of. Kept when it goes: its consoles are unreachable, not unknown. */
export interface AgentRecord {
  readonly id: string;
  identity: AgentIdentity;
  presence: Presence;
  /** Counts its joins: a claim of an earlier round that a snapshot does not repeat is gone. */
  round: number;
  /** True once the snapshot of this round is complete. */
  synced: boolean;
  readonly claims: Map<string, Claim>;
  /** Its consoles that another agent claims as well. */
  readonly contested: Set<string>;
  /** In whose name it holds consoles: of the host, where an agent is several processes. */
  host: string;
  /** Whose certificate it joined with: of the host, where an agent is several processes. */
  machine: string | undefined;
  ticketClock: TicketClock | undefined;
  /** Why this head cannot dial it, while that is so: no relay and no tail then. */
  dialFailure: ConfedError | undefined;
  /** Why consoles that it claims are not shown as its own, if there are such. */
  refusedClaim: ConfedError | undefined;
}

/** Why nothing is known of an agent's consoles. */
export function unreachableError({ id, advertise }: AgentIdentity, what: string): ConfedError {
  return new ConfedError("agent_unreachable", `agent ${id} ${what}`, {
    subject: id,
    where: advertise[0],
    hint: `is confed agent running on the host of ${id}?`,
  });
}
