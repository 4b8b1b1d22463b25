import type { Clock } from "@confed/kernel";
import type { Outlet } from "@confed/wire";

/** Tells a peer that reads slowly, or has nothing to read, from one that reads nothing. */
export class ReadingProgress {
  readonly #outlet: Pick<Outlet<never>, "backlogBytes" | "takenBytes">;
  readonly #clock: Pick<Clock, "nowMs">;
  #takenBytes = 0;
  #sinceMs: number;

  constructor(outlet: Pick<Outlet<never>, "backlogBytes" | "takenBytes">, clock: Pick<Clock, "nowMs">) {
    this.#outlet = outlet;
    this.#clock = clock;
    this.#sinceMs = clock.nowMs();
  }

  /**
   * Since when, as far as it was asked, something waits and none of it was taken; 0 while it reads.
   * It is asked now and then, not told of each message: that would cost per message.
   */
  stuckMs(): number {
    const { backlogBytes, takenBytes } = this.#outlet;
    const nowMs = this.#clock.nowMs();
    if (backlogBytes === 0 || takenBytes !== this.#takenBytes) {
      this.#takenBytes = takenBytes;
      this.#sinceMs = nowMs;
    }
    return nowMs - this.#sinceMs;
  }
}
