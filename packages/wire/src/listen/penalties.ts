import type { Clock } from "@confed/kernel";
import { LISTEN_LIMITS } from "./listen-limits.ts";

/** What a source can be blamed for. */
export type Fault = "crash" | "grace" | "auth" | "silence" | "idle";

const PENALTY_MS: Record<Fault, number> = {
  crash: LISTEN_LIMITS.crashPenaltyMs,
  grace: LISTEN_LIMITS.gracePenaltyMs,
  auth: LISTEN_LIMITS.authPenaltyMs,
  silence: LISTEN_LIMITS.silencePenaltyMs,
  idle: LISTEN_LIMITS.idlePenaltyMs,
};

interface Conduct {
  /** Until when what it did counts. */
  untilMs: number;
  shutOut: boolean;
}

/**
 * What sources have done, after OpenSSH's PerSourcePenalties: each fault adds its time, and a source
 * whose time reaches a threshold is shut out until all of it is over. Bounded, O(1).
 */
export class Penalties {
  readonly #clock: Pick<Clock, "nowMs">;
  /** Blamed longest ago first. */
  readonly #sources = new Map<string, Conduct>();

  constructor(clock: Pick<Clock, "nowMs">) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#sources.size;
  }

  /** Returns true if the source is shut out from now on, and was not before. */
  blame(source: string, fault: Fault): boolean {
    const nowMs = this.#clock.nowMs();
    const before = this.#sources.get(source);
    const fromMs = Math.max(nowMs, before?.untilMs ?? 0);
    const untilMs = Math.min(fromMs + PENALTY_MS[fault], nowMs + LISTEN_LIMITS.shutOutMsMax);
    const wasOut = before?.shutOut === true && before.untilMs > nowMs;
    const shutOut = wasOut || untilMs - nowMs >= LISTEN_LIMITS.shutOutFromMs;
    this.#sources.delete(source);
    this.#sources.set(source, { untilMs, shutOut });
    if (this.#sources.size > LISTEN_LIMITS.sourcesMax) {
      const [oldest] = this.#sources.keys();
      if (oldest !== undefined) this.#sources.delete(oldest);
    }
    return shutOut && !wasOut;
  }

  /** True while nothing of this source is accepted. */
  shutsOut(source: string): boolean {
    const record = this.#sources.get(source);
    if (record === undefined) return false;
    if (record.untilMs > this.#clock.nowMs()) return record.shutOut;
    this.#sources.delete(source);
    return false;
  }
}
