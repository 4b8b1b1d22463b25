import { isIP } from "node:net";
import { type Clock, ConfedError, formatHostPort, parseHostPort, withDeadline } from "@confed/kernel";
import { type Channel, type ChannelTls, openChannel, type TlsProvider } from "@confed/wire";
import { type AgentRecord, unreachableError } from "../directory/agent-record.ts";

/** The numeric addresses of a host, as the system's own resolver has them. */
export type ResolveHost = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

export interface DialAgentDeps {
  readonly clock: Clock;
  readonly resolveHost: ResolveHost;
  /** Agents are reached in TLS, and must be who they joined as. */
  readonly tls?: TlsProvider | undefined;
}

/** A host that is there answers in this time, also over a slow line. */
const ADDRESS_TIMEOUT_MS = 1_000;
/** A client that waits takes the head for dead after 6 s of silence. */
const DIAL_TIMEOUT_MS = 4_000;

/**
 * Connect to an agent at the first of its addresses that answers, in its own order. The channel is
 * the caller's. Rejects with "agent_unreachable", naming the agent and what was tried last.
 */
export async function dialAgent(
  agent: Pick<AgentRecord, "id" | "identity" | "machine">,
  deps: DialAgentDeps,
  parent: AbortSignal,
): Promise<Channel<"Agent">> {
  let last: ConfedError | undefined;
  const { clock } = deps;
  const deadline = { clock, timeoutMs: DIAL_TIMEOUT_MS, what: `dialling agent ${agent.id}` };
  const tls = deps.tls && { provider: deps.tls, id: agent.machine ?? agent.id };
  try {
    return await withDeadline(deadline, parent, async (signal) => {
      for (const address of agent.identity.advertise) {
        try {
          return await dialAddress(address, { ...deps, tls }, signal);
        } catch (reason) {
          last = ConfedError.from(reason);
          if (signal.aborted) throw last;
        }
      }
      throw last ?? new ConfedError("agent_unreachable", "it advertises no address");
    });
  } catch (reason) {
    const error = ConfedError.from(reason);
    if (parent.aborted) throw error;
    const why = last?.rawMessage ?? error.rawMessage;
    const unreachable = unreachableError(agent.identity, `cannot be dialled by this head: ${why}`);
    throw new ConfedError(unreachable.code, unreachable.rawMessage, {
      subject: agent.id,
      where: agent.identity.advertise.join(", ") || undefined,
      hint: "are its `advertise` addresses reachable from the head?",
      cause: error,
    });
  }
}

async function dialAddress(
  address: string,
  deps: Omit<DialAgentDeps, "tls"> & { readonly tls: ChannelTls | undefined },
  parent: AbortSignal,
): Promise<Channel<"Agent">> {
  const { host, port } = parseHostPort(address);
  const deadline = { clock: deps.clock, timeoutMs: ADDRESS_TIMEOUT_MS, what: `connecting to ${address}` };
  return withDeadline(deadline, parent, async (signal) => {
    const numeric = isIP(host) === 0 ? await deps.resolveHost(host, signal) : [host];
    let last: ConfedError | undefined;
    for (const one of numeric) {
      const channel = openChannel("Agent", formatHostPort({ host: one, port }), deps.tls);
      try {
        await channel.ready({ timeoutMs: ADDRESS_TIMEOUT_MS, signal });
        return channel;
      } catch (reason) {
        channel.close();
        last = ConfedError.from(reason);
        if (signal.aborted) throw last;
      }
    }
    throw last ?? new ConfedError("name_unresolved", `${host} has no address`, { subject: host });
  });
}
