import {
  type Clock,
  ConfedError,
  formatHostPort,
  type HostPort,
  isLoopbackHost,
  parseHostPort,
} from "@confed/kernel";
import type { Channel, Client } from "@confed/wire";
import type { ClientIdentity, Introduction } from "../identity/client-identity.ts";
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
  /** Over TLS, by who proved to be one of its cluster; undefined for a socket of this host. */
  readonly secure: boolean | undefined;
  /** Ends all calls. Idempotent. */
  close(): void;
}

/** See {@link Peer}. */
export interface HeadPeer extends Omit<AgentPeer, "role" | "client"> {
  readonly role: "head";
  readonly client: ConsoleClient &
    Pick<
      Client<"Head">,
      "resolve" | "whoAmI" | "administer" | "enrolment" | "define" | "definitions" | "login" | "logout"
    >;
}

/** How {@link dial} is bounded. */
export interface DialOptions {
  readonly clock: Clock;
  /** Who we are there; without it nobody, and in plain text. */
  readonly identity?: ClientIdentity | undefined;
  /** True: not without TLS. False: without. Undefined: as it goes. */
  readonly secure?: boolean | undefined;
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
  { identity, secure, clock, timeoutMs, signal }: DialOptions,
): Promise<Peer> {
  const introduction =
    secure === false ? undefined : role === "head" ? identity?.toHead(to) : identity?.toAgent(to);
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
  const service = role === "head" ? "Head" : "Agent";
  const channels: Channel<"Head" | "Agent">[] = [];
  const open = async (text: string, tls: Introduction["tls"] | undefined) => {
    const channel = openChannel(service, text, tls);
    channels.push(channel);
    await channel.ready({ timeoutMs: leftMs, signal });
    return channel;
  };
  const reach = async (text: string) => {
    try {
      return await open(text, introduction?.tls);
    } catch (reason) {
      // One that does without TLS listens to its own host only, unless somebody insisted.
      if (secure === true || introduction?.mayBePlain !== true || !isLoopback(text) || signal.aborted)
        throw reason;
      return open(text, undefined).catch(() => {
        throw reason;
      });
    }
  };
  try {
    const winner = await Promise.any(numeric.map(reach));
    for (const channel of channels) if (channel !== winner) channel.close();
    // Which of the two it is, `role` says.
    const client = winner.client as Client<"Agent"> & Client<"Head">;
    const close = () => {
      winner.close();
    };
    await introduction?.present?.(client, signal).catch((reason: unknown) => {
      throw presentFailure(role, address, reason);
    });
    return { role, address, client, secure: to.host.startsWith("unix:") ? undefined : winner.secure, close };
  } catch (reason) {
    for (const channel of channels) channel.close();
    if (reason instanceof ConfedError && reason.code === "unauthenticated") throw reason;
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

/** Why we could not say who we are. */
function presentFailure(role: "head" | "agent", address: string, reason: unknown): ConfedError {
  const error = ConfedError.from(reason);
  return error.code === "unauthenticated" ? error : peerFailure({ role, address }, error);
}

function isLoopback(address: string): boolean {
  return isLoopbackHost(parseHostPort(address).host);
}

function hintOf(role: "head" | "agent"): string {
  return role === "head"
    ? "is it running? name it with --head or CONFED_HEAD; rcons login, if it wants to know who you are"
    : "is it running, and does its address lead there from this host?";
}
