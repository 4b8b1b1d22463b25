import type { Clock } from "./clock.ts";

// The one place where the process's timers are named; see the Clock contract.
/** The clock of the process. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallTimeMs: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
};
