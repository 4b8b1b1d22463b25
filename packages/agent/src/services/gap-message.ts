import type { GapCause, GapRecord } from "@confed/codecs";
import type { Gap } from "@confed/wire";

/** A gap of the index in the words of the contract. */
export function gapMessage({ off, to, known, why, ms }: GapRecord, logId: string): Gap {
  return { from: off, to, lengthKnown: known, reason: REASONS[why], wallTimeMs: ms, logId };
}

const REASONS = {
  "agent-restart": "AGENT_RESTART",
  "log-stalled": "LOG_STALLED",
  "log-truncated": "LOG_TRUNCATED",
  "rotated-away": "ROTATED_AWAY",
  "disk-failed": "DISK_FAILED",
} as const satisfies Record<GapCause, string>;
