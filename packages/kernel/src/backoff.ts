/** The bounds of a back-off. All optional; the defaults suit a console that may be away for days. */
export interface BackoffOptions {
  /** Upper bound of the first delay. */
  readonly firstMs?: number;
  /** Upper bound of every delay. */
  readonly maxMs?: number;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

const FIRST_MS = 1_000;
/** A console that comes back is noticed within a minute; 10,000 dead ones cost 330 attempts a second. */
const MAX_MS = 60_000;

/**
 * Exponential back-off with full jitter: the delay before try number `attempt` (0 is the first
 * retry) is uniform in [0, min(maxMs, firstMs * 2^attempt)), so a thousand consoles that were lost
 * together do not come back together.
 */
export function createBackoff({
  firstMs = FIRST_MS,
  maxMs = MAX_MS,
  random = Math.random,
}: BackoffOptions = {}): (attempt: number) => number {
  // 2 ** 1024 is Infinity, which the minimum bounds like any other number.
  return (attempt) => random() * Math.min(maxMs, firstMs * 2 ** attempt);
}
