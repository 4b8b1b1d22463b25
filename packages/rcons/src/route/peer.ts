import { type Clock, ConfedError, formatHostPort, type HostPort } from "@confed/kernel";
import type { Client } from "@confed/wire";
import { numericAddresses } from "./numeric-addresses.ts";

/** What heads and agents both answer. */
export type ConsoleClient = Pick<
  Client<"Agent">,
  "attach" | "tail" | "readLog" | "list" | "inspect" | "control" | "status"
>;

/** One connection to a head or to an agent. Whoever has it closes it. */
export type Peer = AgentPeer | HeadPeer;

/** See {@link Peer}. */
export interface AgentPeer {
  readonly role: "agent";
  /** As people wrote or advertised it. */
  readonly address: string;
  readonly client: ConsoleClient & Pick<Client<"Agent">, "upgrade">;
  /** Ends all calls. Idempotent. */
  close(): void;
}

/** See {@link Peer}. */
export interface HeadPeer extends Omit<AgentPeer, "role" | "client"> {
  readonly role: "head";
  readonly client: ConsoleClient & Pick<Client<"Head">, "resolve" | "whoAmI" | "administer">;
}

/** How {@link dial} is bounded. */
export interface DialOptions {
  readonly clock: Clock;
  /** For the name and the connection together. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Connect to the first of a host's addresses that answers; all are tried at once, for there are
 * few. Rejects with "head_unreachable" or "agent_unreachable".
 *
 * This is the one place that loads gRPC, and only when somebody dials: `rcons --help` never does.
 */
export async function dial(role: "head", to: HostPort, options: DialOptions): Promise<HeadPeer>;
export async function dial(role: "agent", to: HostPort, options: DialOptions): Promise<AgentPeer>;
export async function dial(
  role: "head" | "agent",
  to: HostPort,
  { clock, timeoutMs, signal }: DialOptions,
): Promise<Peer> {
  const startedMs = clock.nowMs();
  const address = to.host.startsWith("unix:") ? to.host.slice("unix:".length) : formatHostPort(to);
  const [{ openChannel }, numeric] = await Promise.all([
    import("@confed/wire"),
    numericAddresses(to, { clock, timeoutMs, signal }).catch((reason: unknown) => {
      const error = ConfedError.from(reason);
      throw new ConfedError(
        `${role}_unreachable`,
        `${role} ${address} cannot be reached: ${error.rawMessage}`,
        {
          subject: address,
          hint: hintOf(role),
          cause: reason,
        },
      );
    }),
  ]);
  // Loading gRPC is our own time, not the peer's: it must not eat the whole allowance.
  const leftMs = Math.round(Math.max(timeoutMs / 2, timeoutMs - (clock.nowMs() - startedMs)));
  const channels = numeric.map((text) => openChannel(role === "head" ? "Head" : "Agent", text));
  try {
    const winner = await Promise.any(
      channels.map(async (channel) => {
        await channel.ready({ timeoutMs: leftMs, signal });
        return channel;
      }),
    );
    for (const channel of channels) if (channel !== winner) channel.close();
    return {
      role,
      address,
      // Which of the two it is, `role` says.
      client: winner.client as Client<"Agent"> & Client<"Head">,
      close: () => {
        winner.close();
      },
    };
  } catch (reason) {
    for (const channel of channels) channel.close();
    if (signal.aborted) throw ConfedError.from(signal.reason, "canceled");
    const first = reason instanceof AggregateError ? (reason.errors as unknown[])[0] : reason;
    const error = ConfedError.from(first, `${role}_unreachable`);
    throw new ConfedError(error.code, error.rawMessage, {
      subject: address,
      hint: hintOf(role),
      cause: first,
    });
  }
}

/**
 * Why a call to this peer failed. Something that answers, but not as a head or an agent does, is no
 * more of a peer than something that does not: "head_unreachable" or "agent_unreachable", too.
 */
export function peerFailure({ role, address }: Pick<Peer, "role" | "address">, reason: unknown): ConfedError {
  const error = ConfedError.from(reason);
  if (error.code !== "protocol_error") return error;
  const { rawMessage, hint } = error;
  return new ConfedError(`${role}_unreachable`, rawMessage, { where: address, hint, cause: error });
}

function hintOf(role: "head" | "agent"): string {
  return role === "head"
    ? "is it running? name it with --head or CONFED_HEAD; --agent reaches an agent without a head"
    : "is it running, and does its address lead there from this host?";
}
