import { systemClock } from "@confed/kernel";
import type { Attached } from "./attached.ts";

/** How long each of `count` keys took from being typed to being shown, ms, the shortest first. */
export async function echoTimes(viewer: Attached, count: number): Promise<number[]> {
  const tookMs: number[] = [];
  for (let typed = 0; typed < count; typed += 1) {
    // What has been shown before it cannot be taken for it.
    const shownBytes = viewer.output.length;
    const startMs = systemClock.nowMs();
    viewer.type("x");
    await viewer.until(() => viewer.endOffset >= shownBytes + 1 && viewer.output.length > shownBytes);
    tookMs.push(systemClock.nowMs() - startMs);
  }
  return tookMs.sort((a, b) => a - b);
}

/** The value that this part (0 to 1) of a sorted list does not exceed. */
export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}
