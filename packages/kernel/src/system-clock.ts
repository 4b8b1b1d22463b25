import type { Cancel, Clock } from "./clock.ts";

/** Node runs what is due later than this after 1 ms. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

// The one place where the process's timers are named; see the Clock contract.
/** The clock of the process. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallTimeMs: () => Date.now(),
  after,
};

function after(delayMs: number, run: () => void): Cancel {
  const dueMs = performance.now() + delayMs;
  let timer: NodeJS.Timeout;
  const arm = (leftMs: number) => {
    timer = setTimeout(ring, Math.min(leftMs, TIMEOUT_MS_MAX));
  };
  const ring = () => {
    // Node counts in whole milliseconds and so may be up to one early.
    const leftMs = dueMs - performance.now();
    if (leftMs > 0) arm(leftMs);
    else run();
  };
  arm(delayMs);
  return () => {
    clearTimeout(timer);
  };
}
