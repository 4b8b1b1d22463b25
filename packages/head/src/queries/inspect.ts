import { type Clock, ConfedError, withDeadline } from "@confed/kernel";
import { type ConsoleStatus, type InspectRequestReceived, toDetail } from "@confed/wire";
import { allows, type Caller } from "../access/head-access.ts";
import { headTicket } from "../access/head-ticket.ts";
import type { AgentLinks } from "../attach/agent-links.ts";
import { agentLoss } from "../attach/agent-loss.ts";
import type { Directory } from "../directory/directory.ts";
import { findOwner, notFound } from "../directory/find-owner.ts";
import { knownStatus } from "../directory/known-status.ts";

export interface InspectDeps {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly links: AgentLinks;
}

/** Well within the 3 s that our caller waits for us. */
const AGENT_TIMEOUT_MS = 1_500;

/**
 * The status of a console, fresh from its agent. If that does not answer, as it was known last,
 * with the reason in `cause`. Rejects with what the agent itself says against it.
 */
export async function inspect(
  request: InspectRequestReceived,
  caller: Caller,
  { clock, directory, links }: InspectDeps,
  parent: AbortSignal,
): Promise<ConsoleStatus> {
  const owner = findOwner(directory, request.console);
  const shown = directory.statusOf(request.console);
  if (shown === undefined || !allows(caller, "list")(shown)) throw notFound(directory, [request.console]);
  try {
    const deadline = { clock, timeoutMs: AGENT_TIMEOUT_MS, what: `asking agent ${owner.id}` };
    const said = await withDeadline(deadline, parent, async (signal) => {
      const client = await links.of(owner).client("control", signal);
      return client.inspect({ ...request, ticket: headTicket(caller, owner, "list") }, { signal });
    });
    return directory.overlaid(knownStatus({ ...said, name: request.console }, owner.id));
  } catch (reason) {
    const error = agentLoss(owner.id, ConfedError.from(reason));
    const known = directory.statusOf(request.console);
    if (error.code !== "agent_unreachable") throw error;
    if (known === undefined) throw notFound(directory, [request.console]);
    // UNREACHABLE has its cause already, and since when.
    return known.state === "UNREACHABLE" ? known : { ...known, cause: toDetail(error) };
  }
}
