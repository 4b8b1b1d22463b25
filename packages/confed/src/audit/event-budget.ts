import type { Cancel, Clock } from "@confed/kernel";
import { ANYBODYS, type AuditEvent, type AuditEventName } from "@confed/trust/audit";

/** Of each kind; more tell an administrator no more than their number does. */
export const ANYBODYS_PER_SECOND_MAX = 20;

interface Spent {
  second: number;
  count: number;
  /** How many of them were not passed on, and not told of yet. */
  passedOver: number;
}

/**
 * Keeps whoever is not known from filling the disk with what he is refused: of such events so many a
 * second are passed on, and the rest is counted in an event of their kind a second later.
 */
export class EventBudget {
  readonly #clock: Pick<Clock, "nowMs" | "after">;
  readonly #onEvent: (event: AuditEvent) => void;
  readonly #spent = new Map<AuditEventName, Spent>();
  #cancelTell: Cancel | undefined;

  constructor(clock: Pick<Clock, "nowMs" | "after">, onEvent: (event: AuditEvent) => void) {
    this.#clock = clock;
    this.#onEvent = onEvent;
  }

  /** False: it is only counted. */
  allows({ event, subject }: AuditEvent): boolean {
    if (subject !== undefined || !ANYBODYS.has(event)) return true;
    const second = Math.floor(this.#clock.nowMs() / 1_000);
    const spent = this.#spent.get(event) ?? { second, count: 0, passedOver: 0 };
    this.#spent.set(event, spent);
    if (spent.second !== second) spent.count = 0;
    spent.second = second;
    spent.count += 1;
    if (spent.count <= ANYBODYS_PER_SECOND_MAX) return true;
    spent.passedOver += 1;
    this.#cancelTell ??= this.#clock.after(1_000, () => {
      this.#tell();
    });
    return false;
  }

  /** Tell now of what was passed over, for the last time. */
  end(): void {
    this.#tell();
  }

  #tell(): void {
    this.#cancelTell?.();
    this.#cancelTell = undefined;
    for (const [event, spent] of this.#spent) {
      if (spent.passedOver === 0) continue;
      this.#onEvent({ event, text: "more of these", details: { passedOver: spent.passedOver } });
      spent.passedOver = 0;
    }
  }
}
