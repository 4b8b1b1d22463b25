import { type Clock, ConfedError, type HostPort, parseHostPort } from "@confed/kernel";
import type { TicketReceived } from "@confed/wire";
import { eachHead, withoutHeads } from "./find-peer.ts";
import { type AgentPeer, dial, type Peer } from "./peer.ts";
import type { RoutePolicy } from "./route-policy.ts";
import { AGENT_PORT, type Targets } from "./targets.ts";

/** The way to a console that was found. Whoever has it closes `peer`. */
export interface Route {
  readonly peer: Peer;
  /** The agent that owns the console; "" while nobody said. */
  readonly owner: string;
  /** As a person reads it: "direct sn01:7110", "relay 127.0.0.1:7100". */
  readonly text: string;
  /** Where the owner was reached, or could be; good for another try without any head. */
  readonly direct: readonly HostPort[];
  /** Whether its head, or it itself, was reached over TLS: then nothing less will do. */
  readonly secure: boolean | undefined;
  /** What the agent is shown on this way; undefined where the head gave none, or was not asked. */
  readonly ticket?: TicketReceived | undefined;
}

export interface RouteRequest {
  readonly console: string;
  readonly targets: Targets;
  readonly policy: RoutePolicy;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The owner and its addresses as they were known last, for when no head answers. */
  readonly known?: Pick<Route, "owner" | "direct" | "secure"> | undefined;
  /** What tickets are to be bound to. */
  readonly clientKey: Uint8Array;
}

/** With `auto`, an agent that does not answer in this time is reached through the head. */
const DIRECT_TIMEOUT_MS = 500;
/** With `direct` there is nothing else to hope for. */
const DIRECT_ONLY_TIMEOUT_MS = 3_000;

/**
 * Find the way to a console: ask a head who owns it, go straight to the owner, and through the head
 * if that does not work. With no head alive, the owner as it was known last is tried.
 */
export async function findRoute(request: RouteRequest): Promise<Route> {
  const { targets, clock, signal, known, policy } = request;
  if (targets.kind === "agent") {
    const { identity } = targets;
    const options = { identity, clock, signal, timeoutMs: DIRECT_ONLY_TIMEOUT_MS };
    const peer = await dial("agent", targets.agent, options);
    return { peer, owner: "", text: `direct ${peer.address}`, direct: [targets.agent], secure: peer.secure };
  }
  try {
    return await eachHead(targets, { clock, signal }, async (head) => {
      const resolved = await head.client.resolve(
        { console: request.console, verbs: ["view", "write"], clientKey: request.clientKey },
        { signal },
      );
      const direct = resolved.direct.flatMap(({ address }) => hostPortOf(address));
      const { owner } = resolved;
      const straight =
        policy === "relay" ? undefined : await straightTo(request, { owner, direct, secure: head.secure });
      if (straight !== undefined && !(straight instanceof ConfedError)) {
        // From here on the head may die: this session does not need it.
        head.close();
        const ticket = resolved.direct.find((way) => way.ticket !== null)?.ticket;
        return ticket ? { ...straight, ticket } : straight;
      }
      if (policy !== "direct" && resolved.relay) {
        const route = { peer: head, owner, text: `relay ${head.address}`, direct, secure: head.secure };
        return resolved.relayTicket ? { ...route, ticket: resolved.relayTicket } : route;
      }
      throw straight ?? noRelay(owner, head.address);
    });
  } catch (reason) {
    const error = ConfedError.from(reason);
    if (error.code !== "head_unreachable" || policy === "relay") throw error;
    const straight =
      known === undefined || known.direct.length === 0 ? error : await straightTo(request, known);
    if (!(straight instanceof ConfedError)) return straight;
    const local = withoutHeads(targets, error);
    // The head is what an operator has to mend.
    if (local === undefined) throw error;
    // A socket of this host knows us by it; beyond this host we have to say who we are.
    const identity = local.host.startsWith("unix:") ? undefined : targets.identity;
    const peer = await dial("agent", local, { identity, clock, signal, timeoutMs: DIRECT_ONLY_TIMEOUT_MS });
    return { peer, owner: "", text: `local ${peer.address}`, direct: [], secure: undefined };
  }
}

/** The first of the owner's addresses that answers; an error instead of a throw, for there is the relay. */
async function straightTo(
  { policy, targets: { identity }, clock, signal }: RouteRequest,
  { owner, direct, secure }: Pick<Route, "owner" | "direct" | "secure">,
): Promise<Route | ConfedError> {
  const timeoutMs = policy === "direct" ? DIRECT_ONLY_TIMEOUT_MS : DIRECT_TIMEOUT_MS;
  const tried: Promise<AgentPeer>[] = direct.map((address) =>
    dial("agent", address, { identity, secure, clock, signal, timeoutMs }),
  );
  try {
    const peer = await Promise.any(tried);
    for (const other of tried) {
      other.then(
        (late) => {
          if (late !== peer) late.close();
        },
        () => undefined,
      );
    }
    return { peer, owner, text: `direct ${peer.address}`, direct, secure };
  } catch (reason) {
    if (signal.aborted) throw ConfedError.from(signal.reason, "canceled");
    const first = reason instanceof AggregateError ? (reason.errors as unknown[])[0] : reason;
    if (first !== undefined) return ConfedError.from(first, "agent_unreachable");
    return new ConfedError("agent_unreachable", `agent ${owner} announced no address`, {
      subject: owner,
      hint: "give it `advertise` addresses",
    });
  }
}

/** Addresses that agents announce come from outside: what cannot be read is not an address. */
function hostPortOf(text: string): readonly HostPort[] {
  try {
    return [parseHostPort(text, { defaultPort: AGENT_PORT })];
  } catch {
    return [];
  }
}

function noRelay(owner: string, head: string): ConfedError {
  return new ConfedError("agent_unreachable", `head ${head} cannot relay to agent ${owner}`, {
    subject: owner,
    where: head,
    hint: "is the agent running? --route direct needs no relay",
  });
}
