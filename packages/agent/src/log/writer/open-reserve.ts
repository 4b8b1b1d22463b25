import { appendFileSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { indexPathOf } from "../log-path.ts";
import type { WriterOptions } from "../writer-messages.ts";
import { IndexReserve, notIn, reservePathOf } from "./index-reserve.ts";

/**
 * A log writer's reserve. What an unclean stop left in it goes to the indexes now, before anybody
 * reads or writes them; what they do not take yet goes with the next record. Throws what the file
 * system says, but for a lack of space.
 */
export function openReserve({ stateDir, positionsDir }: WriterOptions): IndexReserve {
  const writer = positionsDir === undefined ? "agent" : `shard-${basename(positionsDir)}`;
  const reserve = new IndexReserve(reservePathOf(stateDir, writer));
  for (const name of reserve.names()) {
    const path = indexPathOf(stateDir, name);
    try {
      const late = notIn(readFileSync(path, "utf8"), reserve.linesOf(name));
      // An empty line closes off a torn one.
      if (late !== "") appendFileSync(path, `\n${late}`);
      reserve.release(name);
    } catch {
      // The console's own log says what is wrong when it is opened.
    }
  }
  return reserve;
}
