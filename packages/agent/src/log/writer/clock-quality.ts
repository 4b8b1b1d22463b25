import type { ClockQuality } from "@confed/codecs";

/**
 * What is to be said of the wall clock at a mark: `leadMs` is how far it is ahead of the monotonic
 * one, `leadBeforeMs` how far it was at the mark before; NaN: there was none. Undefined: nothing.
 */
export function clockQuality(
  wallMs: number,
  { leadMs, leadBeforeMs }: { readonly leadMs: number; readonly leadBeforeMs: number },
): ClockQuality | undefined {
  if (wallMs < UNSET_BEFORE_MS) return "unset";
  return Math.abs(leadMs - leadBeforeMs) > CLOCK_STEP_MS_MIN ? "stepped" : undefined;
}

/** NTP slews less than 1 ms a second; what differs by more was set. A smaller step is not told. */
export const CLOCK_STEP_MS_MIN = 2_000;
/** 2020: no agent ran before. */
const UNSET_BEFORE_MS = Date.UTC(2020, 0);
