const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of "500ms", "20s", "5m" or "1h"; undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  const [, count, unit = ""] = /^([0-9]{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  const unitMs = UNITS_MS[unit];
  return count === undefined || unitMs === undefined ? undefined : Number(count) * unitMs;
}
