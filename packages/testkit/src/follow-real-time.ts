import { type Cancel, systemClock } from "@confed/kernel";
import type { FakeClock } from "./fake-clock.ts";

const TICK_MS = 5;

/**
 * Let a fake clock follow the real one until cancelled: for transports to things that take real
 * time (children, devices) in suites that count the timers left.
 */
export function followRealTime(clock: FakeClock): Cancel {
  let lastMs = systemClock.nowMs();
  let cancel: Cancel;
  const tick = () => {
    const nowMs = systemClock.nowMs();
    clock.advance(nowMs - lastMs);
    lastMs = nowMs;
    cancel = systemClock.after(TICK_MS, tick);
  };
  tick();
  return () => {
    cancel();
  };
}
