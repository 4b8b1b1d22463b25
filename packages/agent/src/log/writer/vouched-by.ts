import { indexPathOf } from "../log-path.ts";
import type { WriterOptions } from "../writer-messages.ts";
import type { PositionsFile } from "./positions-file.ts";
import { replayJournals, type Vouched } from "./replay-journal.ts";

/** What the journals of an unclean stop vouch for, once they are replayed. Says of which logs it cannot be done. */
export function vouchedBy(
  { stateDir, positionsDir = stateDir, mode }: WriterOptions,
  positions: PositionsFile,
  onTrouble: (text: string, reason: unknown) => void,
): ReadonlyMap<string, Vouched> {
  return replayJournals({
    directory: positionsDir,
    known: (name) => positions.get(name),
    indexPathOf: (name) => indexPathOf(stateDir, name),
    mode,
    onTrouble: (name, reason) => {
      onTrouble(`the journal of ${name} cannot be replayed; what its log lacks is a gap`, reason);
    },
  });
}
