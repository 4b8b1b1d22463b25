import { isIP } from "node:net";
import { type Clock, ConfedError, formatHostPort, parseHostPort, withDeadline } from "@confed/kernel";
import { type Channel, openChannel } from "@confed/wire";
import { type AgentIdentity, unreachableError } from "../directory/agent-record.ts";

/** The numeric addresses of a host, as the system's own resolver has them. */
export type ResolveHost = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

export interface DialAgentDeps {
  readonly clock: Clock;
  readonly resolveHost: ResolveHost;
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
  agent: AgentIdentity,
  { clock, resolveHost }: DialAgentDeps,
  parent: AbortSignal,
): Promise<Channel<"Agent">> {
  let last: ConfedError | undefined;
  const deadline = { clock, timeoutMs: DIAL_TIMEOUT_MS, what: `dialling agent ${agent.id}` };
  try {
    return await withDeadline(deadline, parent, async (signal) => {
      for (const address of agent.advertise) {
        try {
          return await dialAddress(address, { clock, resolveHost }, signal);
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
    const unreachable = unreachableError(agent, `cannot be dialled by this head: ${why}`);
    throw new ConfedError(unreachable.code, unreachable.rawMessage, {
      subject: agent.id,
      where: agent.advertise.join(", ") || undefined,
      hint: "are its `advertise` addresses reachable from the head?",
      cause: error,
    });
  }
}

async function dialAddress(
  address: string,
  deps: DialAgentDeps,
  parent: AbortSignal,
): Promise<Channel<"Agent">> {
  const { host, port } = parseHostPort(address);
  const deadline = { clock: deps.clock, timeoutMs: ADDRESS_TIMEOUT_MS, what: `connecting to ${address}` };
  return withDeadline(deadline, parent, async (signal) => {
    const numeric = isIP(host) === 0 ? await deps.resolveHost(host, signal) : [host];
    let last: ConfedError | undefined;
    for (const one of numeric) {
      const channel = openChannel("Agent", formatHostPort({ host: one, port }));
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
