import { formatDuration, neutralise } from "@confed/kernel";
import type { ConsoleStatusReceived } from "@confed/wire";
import { formatNumber } from "./format-count.ts";
import { causeText, FILE_OVER_HEAD, logTroubleText, MODE_WORDS, STATE_WORDS } from "./state-words.ts";

/** All that is known of one console, for people: aligned "key: value" lines. */
export function statusLines(status: ConsoleStatusReceived, wallTimeMs: number): readonly string[] {
  const ago = (atMs: number) => `${isoText(atMs)} (${formatDuration(wallTimeMs - atMs)} ago)`;
  const rows: [string, string | undefined][] = [
    ["console", status.name],
    ["description", status.description],
    ["state", STATE_WORDS[status.state] + (status.onDemand ? ", on demand" : "")],
    ["since", status.sinceMs === 0 ? undefined : ago(status.sinceMs)],
    [
      "cause",
      status.cause === null || status.cause.code === ""
        ? undefined
        : `${status.cause.code}: ${causeText(status.cause)}`,
    ],
    ["hint", status.cause?.hint],
    ["attempt", status.attempt === 0 || status.state === "CONNECTED" ? undefined : String(status.attempt)],
    ["owner", status.epoch === 0 ? status.owner : `${status.owner}, epoch ${status.epoch}`],
    ["defined by", DEFINED_BY[status.source]],
    ["transport", `${status.transport} ${status.target}`.trim()],
    ["link", status.link],
    ["groups", status.groups.join(", ")],
    [
      "labels",
      Object.entries(status.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(", "),
    ],
    ["last output", status.lastOutputMs === 0 ? "none since the agent started" : ago(status.lastOutputMs)],
    ["log", status.logPath],
    ["log trouble", status.logTrouble === null ? undefined : logTroubleText(status.logTrouble)],
    [
      "position",
      status.end === null ? undefined : `@${formatNumber(status.end.offset)} of log ${status.end.logId}`,
    ],
  ];
  return [
    ...rows.flatMap(([key, value]) => (value === undefined || value === "" ? [] : [line(key, value)])),
    ...whoLines(status, wallTimeMs),
  ];
}

/** Of a file is the rule, and not said. */
const DEFINED_BY: Readonly<Partial<Record<ConsoleStatusReceived["source"], string>>> = {
  HEAD: "the head",
  FILE_OVER_HEAD,
};

/** Who is attached, one line each. */
export function whoLines(
  { viewers, viewersUnlisted }: ConsoleStatusReceived,
  wallTimeMs: number,
): readonly string[] {
  if (viewers.length === 0) return [line("viewers", "none")];
  const listed = viewers.map(({ subject, mode, sinceMs }) =>
    line("viewer", `${subject} (${MODE_WORDS[mode]}), for ${formatDuration(wallTimeMs - sinceMs)}`),
  );
  return viewersUnlisted === 0 ? listed : [...listed, line("viewers", `and ${viewersUnlisted} more`)];
}

/** "2026-11-21T10:31:07.000Z". */
export function isoText(wallTimeMs: number): string {
  const at = new Date(wallTimeMs);
  // A number from outside may be no time at all.
  return Number.isNaN(at.getTime()) ? "unknown" : at.toISOString();
}

function line(key: string, value: string): string {
  return `${`${key}:`.padEnd(13)}${neutralise(value, 300)}`;
}
