import type { ResolveRequestReceived, ResolveResponse } from "@confed/wire";
import type { AgentLinks } from "../attach/agent-links.ts";
import type { Directory } from "../directory/directory.ts";
import { findOwner, notFound } from "../directory/find-owner.ts";

export interface ResolveDeps {
  readonly directory: Directory;
  readonly links: AgentLinks;
}

/**
 * Who owns a console and how to reach it, from memory. An owner that is down is answered for as
 * well, its state UNREACHABLE: the client may reach what this head does not.
 */
export function resolve(
  { console }: ResolveRequestReceived,
  { directory, links }: ResolveDeps,
): ResolveResponse {
  const owner = findOwner(directory, console);
  const status = directory.statusOf(console);
  if (status === undefined) throw notFound(directory, [console]);
  const link = links.of(owner);
  // Somebody wants it: see whether it can be dialled by now, for the next who asks.
  if (!link.dialable) link.probe();
  return {
    owner: owner.id,
    direct: owner.identity.advertise.map((address) => ({ address })),
    relay: link.dialable,
    status,
  };
}
