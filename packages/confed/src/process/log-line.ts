import { type LogFields, neutralise } from "@confed/kernel";

/** The words for how the log of a process is written. */
export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** From the least to the most that is said. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One thing a process has to say. */
export interface LogEntry {
  readonly wallTimeMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: LogFields | undefined;
}

/**
 * One line, without its newline: `2026-07-01T10:31:07.123Z warn  link lost console=n0001`, or an
 * object as JSON. Whatever came from consoles, peers or people is neutralised in both, so that a
 * log may be looked at in a terminal. Fields never hide time, level and message.
 */
export function formatLogLine(entry: LogEntry, format: LogFormat): string {
  const time = new Date(entry.wallTimeMs).toISOString();
  const fields = Object.entries(entry.fields ?? {}).filter(([, value]) => value !== undefined);
  const message = neutralise(entry.message);
  if (format === "json") {
    const named = { time, level: entry.level, message };
    const safe = fields.map(([key, value]) => [key, typeof value === "string" ? neutralise(value) : value]);
    // Named twice: the first keeps them in front, the second keeps their values.
    return JSON.stringify({ ...named, ...Object.fromEntries(safe), ...named });
  }
  const words = fields.map(([key, value]) => ` ${key}=${quoted(neutralise(String(value)))}`);
  return `${time} ${entry.level.padEnd(LEVEL_WIDTH)} ${message}${words.join("")}`;
}

const LEVEL_WIDTH = Math.max(...LOG_LEVELS.map((level) => level.length));

function quoted(text: string): string {
  return /^[^\s"=]+$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`;
}
