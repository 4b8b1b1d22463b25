import type { Audit } from "@confed/trust/audit";
import type { ResolveRequestReceived, ResolveResponse } from "@confed/wire";
import { allows, type Caller } from "../access/head-access.ts";
import type { AgentLinks } from "../attach/agent-links.ts";
import type { Directory } from "../directory/directory.ts";
import { findOwner, notFound } from "../directory/find-owner.ts";

export interface ResolveDeps {
  readonly directory: Directory;
  readonly links: AgentLinks;
  readonly audit: Pick<Audit, "event">;
}

/**
 * Who owns a console and how to reach it, from memory. An owner that is down is answered for as
 * well, its state UNREACHABLE: the client may reach what this head does not.
 */
export function resolve(
  { console, clientKey }: ResolveRequestReceived,
  caller: Caller,
  { directory, links, audit }: ResolveDeps,
): ResolveResponse {
  const owner = findOwner(directory, console);
  const status = directory.statusOf(console);
  // One that the caller may not see is answered like one that is not there.
  if (status === undefined || !allows(caller, "view")(status)) throw notFound(directory, [console]);
  const link = links.of(owner);
  // Somebody wants it: see whether it can be dialled by now, for the next who asks.
  if (!link.dialable) link.probe();
  const what = { verbs: caller.verbsOn(status), consoles: console, clientKey };
  // All ways lead to the same agent, and one is used. A signature is a third of what an answer costs.
  const ticket = clientKey.byteLength === 0 ? null : (caller.ticketFor(owner, what) ?? null);
  if (ticket !== null)
    audit.event({ event: "ticket.issued", subject: caller.name, console, agent: owner.id });
  return {
    owner: owner.id,
    direct: owner.identity.advertise.map((address) => ({ address, ticket })),
    relay: link.dialable,
    relayTicket: ticket,
    status,
  };
}
