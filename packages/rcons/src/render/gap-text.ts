import { neutralise } from "@confed/kernel";
import type { GapReceived } from "@confed/wire";
import { formatCount, formatNumber } from "./format-count.ts";
import { GAP_WORDS } from "./state-words.ts";

/** `[gap: 512 bytes lost, log stalled]`; the length is said only where it is known. */
export function gapText({
  from,
  to,
  lengthKnown,
  reason,
}: Pick<GapReceived, "from" | "to" | "lengthKnown" | "reason">): string {
  if (reason === "READER_TOO_SLOW" && lengthKnown) {
    return `[skipped ${formatCount(to - from, "byte")}: ${GAP_WORDS[reason]} @${formatNumber(from)}]`;
  }
  const lost = lengthKnown ? `${formatCount(to - from, "byte")} lost` : "bytes lost, how many is unknown";
  return `[gap: ${lost}, ${GAP_WORDS[reason]}]`;
}

/** The console is at another agent now. Each has a log of its own, and neither knows what the other missed. */
export function movedText(from: string, to: string): string {
  return `[gap: moved from ${neutralise(from, 100)} to ${neutralise(to, 100)}, what was printed meanwhile is not shown]`;
}
