import { ConfedError } from "./errors.ts";
import { neutralise } from "./neutralise.ts";

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const DURATION = /^(\d{1,15})(ms|s|m|h|d)$/;

/**
 * Milliseconds of "500ms", "20s", "5m", "2h" or "7d": a whole number and its unit, never a bare
 * number. Throws "invalid_argument" naming the text; the caller adds where it stood.
 */
export function parseDurationMs(text: string): number {
  const [, digits, unit] = DURATION.exec(text) ?? [];
  const durationMs = Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (Number.isSafeInteger(durationMs)) return durationMs;
  throw new ConfedError("invalid_argument", `"${neutralise(text, 40)}" is not a duration`, {
    hint: "a whole number with a unit: 500ms, 20s, 5m, 2h or 7d",
  });
}

/**
 * How long, for people: "350 ms", "21 s", "4 min", "3 h", "2 d". Rounded down, in the unit that
 * leaves at least two of it, so never wrong by half.
 */
export function formatDuration(durationMs: number): string {
  // Below zero only if somebody subtracted wall times; "-3 s ago" would help nobody.
  const ms = Math.max(0, durationMs);
  if (ms < UNIT_MS.s) return `${Math.floor(ms)} ms`;
  if (ms < 2 * UNIT_MS.m) return `${Math.floor(ms / UNIT_MS.s)} s`;
  if (ms < 2 * UNIT_MS.h) return `${Math.floor(ms / UNIT_MS.m)} min`;
  if (ms < 2 * UNIT_MS.d) return `${Math.floor(ms / UNIT_MS.h)} h`;
  return `${Math.floor(ms / UNIT_MS.d)} d`;
}
