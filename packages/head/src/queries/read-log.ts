import type { Outlet, ReadLogRequestReceived, ReadLogResponse } from "@confed/wire";
import { allows, type Caller } from "../access/head-access.ts";
import { headTicket } from "../access/head-ticket.ts";
import type { AgentLinks } from "../attach/agent-links.ts";
import { agentLoss } from "../attach/agent-loss.ts";
import { backpressure } from "../attach/backpressure.ts";
import type { Directory } from "../directory/directory.ts";
import { findOwner, notFound } from "../directory/find-owner.ts";

export interface ReadLogDeps {
  readonly directory: Directory;
  readonly links: AgentLinks;
}

/** Pass on the log of a console from the agent that keeps it, as fast as the reader takes it. */
export async function readLog(
  request: ReadLogRequestReceived,
  outlet: Outlet<ReadLogResponse>,
  caller: Caller,
  { directory, links }: ReadLogDeps,
): Promise<void> {
  const owner = findOwner(directory, request.console);
  const status = directory.statusOf(request.console);
  if (status === undefined || !allows(caller, "log.read")(status))
    throw notFound(directory, [request.console]);
  const link = links.of(owner);
  const client = await link.client("control", outlet.signal);
  // Its own signal never aborts: readers that leave all at once are retired one by one.
  const inlet = client.readLog(
    { ...request, ticket: headTicket(caller, owner, "log.read") },
    { signal: new AbortController().signal },
  );
  const hold = backpressure(inlet, outlet);
  let ended = false;
  inlet.receive(
    (message) => {
      outlet.send(message);
      hold();
    },
    (error) => {
      ended = true;
      outlet.end(error === undefined ? undefined : agentLoss(owner.id, error));
    },
  );
  outlet.signal.addEventListener(
    "abort",
    () => {
      if (!ended) link.retire("control", inlet);
    },
    { once: true },
  );
}
