/** How late lines were written after their due time. */
export interface LatenessReport {
  readonly lines: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /**
   * True if the generator itself was too late (p99 above {@link LATENESS_P99_MS_MAX}) or had to
   * leave lines out: a measurement made with it says nothing about what was measured.
   */
  readonly void: boolean;
}

/** A measurement whose generator was later than this is void. */
export const LATENESS_P99_MS_MAX = 50;

// Tenths of a millisecond up to 100 ms, then milliseconds up to 10 s: fine where the verdict is
// made, 88 KB in all, one increment a line.
const FINE_PER_MS = 10;
const FINE_MS = 100;
const COARSE_MS = 10_000;
const FINE_BUCKETS = FINE_MS * FINE_PER_MS;

/** Counts lateness; fixed memory. */
export class LatenessHistogram {
  readonly #buckets = new Float64Array(FINE_BUCKETS + COARSE_MS);
  #lines = 0;
  #maxMs = 0;
  #leftOut = false;

  record(lateMs: number): void {
    const late = Math.max(0, lateMs);
    const bucket =
      late < FINE_MS ? Math.floor(late * FINE_PER_MS) : FINE_BUCKETS + Math.floor(late - FINE_MS);
    const at = Math.min(bucket, this.#buckets.length - 1);
    this.#buckets[at] = (this.#buckets[at] ?? 0) + 1;
    this.#lines += 1;
    if (late > this.#maxMs) this.#maxMs = late;
  }

  /** Lines were skipped because the generator was too far behind. */
  leaveOut(): void {
    this.#leftOut = true;
  }

  report(): LatenessReport {
    const p99Ms = this.#quantileMs(0.99);
    return {
      lines: this.#lines,
      p50Ms: this.#quantileMs(0.5),
      p99Ms,
      maxMs: round(this.#maxMs),
      void: this.#leftOut || p99Ms > LATENESS_P99_MS_MAX,
    };
  }

  /** The upper edge of the bucket that holds the quantile: never says better than it was. */
  #quantileMs(quantile: number): number {
    const rank = Math.ceil(this.#lines * quantile);
    if (rank === 0) return 0;
    let seen = 0;
    for (const [at, count] of this.#buckets.entries()) {
      seen += count;
      if (seen < rank) continue;
      const edgeMs = at < FINE_BUCKETS ? (at + 1) / FINE_PER_MS : FINE_MS + at - FINE_BUCKETS + 1;
      return round(Math.min(edgeMs, this.#maxMs));
    }
    return round(this.#maxMs);
  }
}

/** One line for people. */
export function describeLateness({ lines, p50Ms, p99Ms, maxMs, void: isVoid }: LatenessReport): string {
  const verdict = isVoid ? " VOID: the generator was too late to measure anything by" : "";
  return `${lines} lines written p50 ${p50Ms} ms, p99 ${p99Ms} ms, at most ${maxMs} ms after their due time${verdict}`;
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
