import { type Clock, once } from "@confed/kernel";

/** Resolves when `work` is done or its time is over; rejects when `work` does before. */
export async function atMost(timeoutMs: number, work: Promise<unknown>, clock: Clock): Promise<void> {
  const late = once();
  // An armed timer would keep this process from ending when its successor has everything.
  const cancel = clock.after(timeoutMs, late.resolve);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}
