import { type Arena, type Clock, visitRecords } from "@confed/kernel";
import type { Stretch } from "./backlogs.ts";
import { LOG_LIMITS } from "./log-limits.ts";

/** What the log writer was given at once. */
export interface Sent {
  readonly seq: number;
  readonly sentAtMs: number;
  readonly records: Uint8Array;
  /** Undefined: an offer of what was refused before, of this console only. */
  readonly arena: Arena | undefined;
  readonly number?: number;
}

/** What the log writer was given and has not answered, in order, and how well it keeps up with that. */
export class InFlight {
  readonly #clock: Pick<Clock, "nowMs">;
  #sent: Sent[] = [];
  #answeredAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, "nowMs">) {
    this.#clock = clock;
  }

  get empty(): boolean {
    return this.#sent.length === 0;
  }

  /** Age of the oldest; 0 when there is none. */
  get lagMs(): number {
    const [oldest] = this.#sent;
    return oldest === undefined ? 0 : this.#clock.nowMs() - oldest.sentAtMs;
  }

  /** Nothing was answered for a second. A slow disk is no hung one: what waits for it loses nothing. */
  get stuck(): boolean {
    const [oldest] = this.#sent;
    if (oldest === undefined) return false;
    const sinceMs = Math.max(oldest.sentAtMs, this.#answeredAtMs);
    return this.#clock.nowMs() - sinceMs >= LOG_LIMITS.lateAfterMs;
  }

  add(sent: Omit<Sent, "sentAtMs">): void {
    this.#sent.push({ ...sent, sentAtMs: this.#clock.nowMs() });
  }

  /** Take out the oldest if `seq` answers it. */
  answered(seq: number): Sent | undefined {
    const [oldest] = this.#sent;
    if (oldest === undefined || oldest.seq > seq) return undefined;
    this.#answeredAtMs = this.#clock.nowMs();
    return this.#sent.shift();
  }

  /** For a successor of a dead writer: forgets offers, which are made again, and gives the rest. */
  batches(): readonly Sent[] {
    this.#sent = this.#sent.filter(({ arena }) => arena !== undefined);
    return this.#sent;
  }

  /**
   * What of a console, from `from` on, is among it. From the newest back to `from`: costs what all
   * consoles have printed since then, and all that is in flight only where the console has printed
   * nothing of it.
   */
  of(number: number, from: number): Stretch[] {
    const found: Stretch[][] = [];
    for (let at = this.#sent.length - 1; at >= 0; at -= 1) {
      const { arena, records } = this.#sent[at] ?? {};
      if (arena === undefined || records === undefined) continue;
      let oldest = Number.POSITIVE_INFINITY;
      const ofBatch: Stretch[] = [];
      visitRecords(records, (candidate, offset, bytes) => {
        if (candidate !== number) return;
        oldest = Math.min(oldest, offset);
        if (offset + bytes.byteLength <= from) return;
        const begin = Math.max(offset, from);
        ofBatch.push({ offset: begin, bytes: bytes.subarray(begin - offset) });
      });
      found.push(ofBatch);
      if (oldest <= from) break;
    }
    return found.reverse().flat();
  }
}
