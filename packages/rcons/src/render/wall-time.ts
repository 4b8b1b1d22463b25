import { ConfedError, neutralise, parseDurationMs } from "@confed/kernel";

const CLOCK = /^([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?$/;
const DAY = /^\d{4}-\d{2}-\d{2}/;
const DAY_MS = 86_400_000;

/**
 * A moment as people write it: "10m" and "2h" ago, "10:32" (today, or yesterday if that is still to
 * come), "2026-11-21", "2026-11-21 10:32" and any ISO 8601 time; without a zone, in this host's.
 * Throws "invalid_argument".
 */
export function parseWallTimeMs(text: string, nowMs: number): number {
  const [, hours, minutes, seconds] = CLOCK.exec(text) ?? [];
  if (hours !== undefined) {
    const today = new Date(nowMs).setHours(Number(hours), Number(minutes), Number(seconds ?? 0), 0);
    return today <= nowMs ? today : today - DAY_MS;
  }
  if (DAY.test(text)) {
    // A day alone would be read as midnight in Greenwich.
    const atMs = Date.parse(text.length === 10 ? `${text}T00:00` : text);
    if (!Number.isNaN(atMs)) return atMs;
  }
  try {
    return nowMs - parseDurationMs(text);
  } catch {
    throw new ConfedError("invalid_argument", `"${neutralise(text, 40)}" is not a time`, {
      hint: "10m or 2h ago, 10:32, 2026-11-21 10:32, or ISO 8601",
    });
  }
}
