import { ConfedError, formatDuration } from "@confed/kernel";

/** Bounds of guessing, with their reasons. */
const FAILURE_LIMITS = {
  /** Typing errors cost nothing. */
  freeMax: 3,
  firstMs: 1_000,
  /** Nobody is locked out for good by somebody else's guesses. */
  delayMsMax: 60_000,
  /** Names remembered; beyond it the oldest is forgotten. */
  namesMax: 10_000,
} as const;

interface Failure {
  count: number;
  untilMs: number;
}

/** Slows down guessing at one account, wherever it comes from: each failure beyond three doubles the wait. */
export class Failures {
  readonly #byName = new Map<string, Failure>();

  /** Throws "resource_exhausted" while this name has to wait. */
  check(name: string, nowMs: number): void {
    const waitMs = (this.#byName.get(name)?.untilMs ?? 0) - nowMs;
    if (waitMs <= 0) return;
    throw new ConfedError(
      "resource_exhausted",
      `too many wrong passwords; again in ${formatDuration(waitMs)}`,
      {
        subject: name,
      },
    );
  }

  failed(name: string, nowMs: number): void {
    const { freeMax, firstMs, delayMsMax, namesMax } = FAILURE_LIMITS;
    const failure = this.#byName.get(name) ?? { count: 0, untilMs: 0 };
    failure.count += 1;
    if (failure.count > freeMax)
      failure.untilMs =
        nowMs + Math.min(delayMsMax, firstMs * 2 ** Math.min(16, failure.count - freeMax - 1));
    this.#byName.delete(name);
    this.#byName.set(name, failure);
    const [oldest] = this.#byName.keys();
    if (this.#byName.size > namesMax && oldest !== undefined) this.#byName.delete(oldest);
  }

  succeeded(name: string): void {
    this.#byName.delete(name);
  }
}
