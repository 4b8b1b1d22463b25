import type { ConsoleStatusReceived, ListRequestReceived, ListResponse, Outlet } from "@confed/wire";
import { allows, type Caller } from "../access/head-access.ts";
import type { Directory } from "../directory/directory.ts";
import { notFound } from "../directory/find-owner.ts";
import { breathe } from "./breathe.ts";
import { openQuery } from "./open-query.ts";
import { statusPages } from "./status-pages.ts";

/**
 * Stream the consoles of a selection, a page at a time as the reader takes them. Ends with
 * "not_found" after the last page if some were named that nobody has.
 */
export async function list(
  { selection, states }: ListRequestReceived,
  outlet: Outlet<ListResponse>,
  { directory, caller }: { readonly directory: Directory; readonly caller: Caller },
): Promise<void> {
  const query = openQuery(directory, selection, allows(caller, "list"));
  const wantedStates = new Set<ConsoleStatusReceived["state"]>(states);
  const wanted = ({ state }: Readonly<ConsoleStatusReceived>) =>
    wantedStates.size === 0 || wantedStates.has(state);
  for (const consoles of statusPages(directory, query, wanted)) {
    if (consoles.length > 0) outlet.send({ consoles });
    await breathe(outlet);
    if (outlet.signal.aborted) return;
  }
  outlet.end(query.unknown.length > 0 ? notFound(directory, query.unknown) : undefined);
}
