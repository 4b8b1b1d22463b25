import { ConfedError } from "@confed/kernel";
import { holds, verbSet } from "@confed/trust";
import {
  type ConsoleStatus,
  type ListRequestReceived,
  type ListResponse,
  type Outlet,
  statusPages,
  WIRE_LIMITS,
} from "@confed/wire";
import type { Grant } from "../access/access.ts";
import type { ConsoleTable } from "../console/console-table.ts";

/**
 * Stream the status of the consoles that a selection means, in pages of at most 64 KiB. Names that
 * nobody has end the stream with "not_found", after those that were found.
 */
export function serveList(
  { selection, states }: ListRequestReceived,
  outlet: Outlet<ListResponse>,
  grant: Grant,
  table: ConsoleTable,
): void {
  const { found, unknown } = table.select(selection, (listed) => holds(grant.verbsOn(listed), LIST));
  const statuses = found.map((listed) => table.status(listed));
  const wanted = statuses.filter(
    ({ state }) => states.length === 0 || states.some((candidate) => candidate === state),
  );
  sendPages(wanted, outlet).then(
    () => {
      outlet.end(unknown[0]);
    },
    (reason: unknown) => {
      outlet.end(ConfedError.from(reason));
    },
  );
}

const LIST = verbSet(["list"]);

async function sendPages(statuses: readonly ConsoleStatus[], outlet: Outlet<ListResponse>): Promise<void> {
  for (const consoles of statusPages(statuses)) {
    outlet.send({ consoles });
    if (outlet.backlogBytes > 4 * WIRE_LIMITS.pageBytesMax) await outlet.drained();
    if (outlet.signal.aborted) return;
  }
}
