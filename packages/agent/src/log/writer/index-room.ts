import { ConfedError } from "@confed/kernel";

export interface IndexRoomDeps {
  readonly monotonicMs: () => number;
  readonly onTrouble?: ((text: string) => void) | undefined;
}

/** Says once that indexes cannot be written, and once that they can again: of ten thousand, one line. */
export class IndexRoom {
  readonly #deps: IndexRoomDeps;
  #failedAtMs: number | undefined;

  constructor(deps: IndexRoomDeps) {
    this.#deps = deps;
  }

  /** To be told of every write of every index; one function for all. */
  readonly onIndex = (reason?: unknown): void => {
    if (reason === undefined && this.#failedAtMs === undefined) return;
    const { monotonicMs, onTrouble } = this.#deps;
    const nowMs = monotonicMs();
    if (reason !== undefined) {
      if (this.#failedAtMs === undefined)
        onTrouble?.(
          `the indexes of logs cannot be written; gaps are kept in reserve, times are lost: ${ConfedError.from(reason, "unavailable").rawMessage}`,
        );
      this.#failedAtMs = nowMs;
      return;
    }
    // One may have room in its last block where all others have none.
    if (nowMs - (this.#failedAtMs ?? 0) < WELL_AFTER_MS) return;
    this.#failedAtMs = undefined;
    onTrouble?.("the indexes of logs are written again");
  };
}

const WELL_AFTER_MS = 5_000;
