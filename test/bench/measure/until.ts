import { systemClock } from "@confed/kernel";
import { sleep } from "../fleet.ts";

/** Resolves with how long it took until `done`, which is asked every 20 ms; rejects after `timeoutMs`. */
export async function untilMs(done: () => boolean, timeoutMs: number, what: string): Promise<number> {
  const startMs = systemClock.nowMs();
  while (!done()) {
    if (systemClock.nowMs() - startMs > timeoutMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await sleep(20);
  }
  return systemClock.nowMs() - startMs;
}
