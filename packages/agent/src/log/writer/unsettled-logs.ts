import type { Cancel, Clock } from "@confed/kernel";
import type { ConsoleLog } from "./console-log.ts";
import type { Position, PositionsFile } from "./positions-file.ts";

export interface UnsettledLogsDeps {
  readonly clock: Pick<Clock, "after">;
  readonly positions: Pick<PositionsFile, "put">;
  /** Nobody prints any more. */
  readonly onAllSettled: () => void;
}

/**
 * The logs that were written to: each is looked after until it has fallen silent and nothing was done
 * to it since. Segments that moved are recorded with all others of their batch, by one fdatasync.
 */
export class UnsettledLogs {
  readonly #deps: UnsettledLogsDeps;
  readonly #logs = new Set<ConsoleLog>();
  readonly #moved: { readonly log: ConsoleLog; readonly position: Position }[] = [];
  #cancel: Cancel | undefined;

  constructor(deps: UnsettledLogsDeps) {
    this.#deps = deps;
  }

  /** It is being written to. */
  add(log: ConsoleLog): void {
    this.#logs.add(log);
    this.#settleSoon();
  }

  /** Nobody looks after this one any more: it is closed, or opened anew. */
  forget(log: ConsoleLog | undefined): void {
    log?.index.writeMarks();
    if (log !== undefined) this.#logs.delete(log);
  }

  /** If its segment has moved, that is for the next {@link recordMoves}. */
  toRecord(log: ConsoleLog): void {
    const position = log.moved();
    if (position !== undefined) this.#moved.push({ log, position });
  }

  // What is not recorded now is recorded with the next batch: an unclean stop before that shows the
  // segment as part of the gap, though its bytes are there.
  recordMoves(): void {
    const moves = this.#moved.splice(0);
    if (moves.length === 0) return;
    try {
      this.#deps.positions.put(moves.map(({ position }) => position));
      for (const { log, position } of moves) log.recorded(position);
    } catch {
      // The log itself can be written, and that is what is shown of it.
    }
  }

  close(): void {
    this.#cancel?.();
    for (const log of this.#logs) log.index.writeMarks();
  }

  // One timer for all, and none while nothing is printed. Costs one statx per console that fell silent.
  #settleSoon(): void {
    this.#cancel ??= this.#deps.clock.after(SETTLE_EVERY_MS, () => {
      this.#cancel = undefined;
      for (const log of this.#logs) {
        try {
          if (log.settle()) this.#logs.delete(log);
        } catch {
          // Again with the next tick; a log that cannot be written says so when it is written.
        }
        this.toRecord(log);
      }
      this.recordMoves();
      if (this.#logs.size > 0) this.#settleSoon();
      else this.#deps.onAllSettled();
    });
  }
}

/** What others did to a log after its last byte is noticed within two of these. */
const SETTLE_EVERY_MS = 500;
