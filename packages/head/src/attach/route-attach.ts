import type { Client } from "@confed/wire";
import { allows, type Caller } from "../access/head-access.ts";
import type { Directory } from "../directory/directory.ts";
import { findOwner, notFound } from "../directory/find-owner.ts";
import type { AgentLinks } from "./agent-links.ts";

export interface RouteAttachDeps {
  readonly directory: Directory;
  readonly links: AgentLinks;
  readonly caller: Caller;
}

/** Where a relayed attach goes. */
export interface AttachRoute {
  readonly agent: string;
  readonly client: Client<"Agent">;
}

/**
 * Find the agent that owns a console and connect to it. All the ways this fails: no name
 * ("invalid_argument"), nobody's ("not_found"), the owner cannot be dialled ("agent_unreachable").
 * An owner that does not join just now is dialled all the same: it may be only the join that broke.
 */
export async function routeAttach(
  console: string,
  { directory, links, caller }: RouteAttachDeps,
  signal: AbortSignal,
): Promise<AttachRoute> {
  const owner = findOwner(directory, console);
  const status = directory.statusOf(console);
  if (status === undefined || !allows(caller, "view")(status)) throw notFound(directory, [console]);
  const client = await links.of(owner).client("relay", signal);
  return { agent: owner.id, client };
}
