import type { PortableLink } from "@confed/transports";
import type { ConsoleTable, Listed } from "../console/console-table.ts";
import { portable } from "../console/portable.ts";

/** What a takeover would do to the links that there are now. */
export interface LinkPlan {
  /** They go on in the successor. */
  readonly kept: readonly { readonly listed: Listed; readonly link: PortableLink }[];
  /** They are closed and opened anew: no other process can go on with links of their kind. */
  readonly reconnecting: readonly Listed[];
  /** They have no link now: the successor dials them. */
  readonly unconnected: readonly Listed[];
}

/** Which links a successor can have. O(consoles). */
export function planLinks(table: Pick<ConsoleTable, "all">): LinkPlan {
  const kept: { listed: Listed; link: PortableLink }[] = [];
  const reconnecting: Listed[] = [];
  const unconnected: Listed[] = [];
  for (const listed of table.all()) {
    const { console } = listed;
    const link = portable(console.link);
    if (link !== undefined) kept.push({ listed, link });
    else if (console.state.phase === "connected") reconnecting.push(listed);
    else unconnected.push(listed);
  }
  return { kept, reconnecting, unconnected };
}
