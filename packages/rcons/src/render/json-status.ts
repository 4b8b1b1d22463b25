import type { ConsoleStatusReceived, ErrorDetailReceived, ViewerReceived } from "@confed/wire";
import { MODE_WORDS, SOURCE_WORDS, STATE_WORDS } from "./state-words.ts";
import { isoText } from "./status-lines.ts";

/** One console as scripts read it: the words of the listings, times in ISO 8601, null for "not known". */
export function jsonStatus(status: ConsoleStatusReceived): object {
  const { name, owner, state, transport, target, groups, labels, onDemand, attempt, description, logPath } =
    status;
  return {
    name,
    owner,
    state: STATE_WORDS[state],
    since: time(status.sinceMs),
    cause: jsonError(status.cause),
    attempt,
    transport,
    target,
    description,
    groups,
    labels,
    onDemand,
    viewers: status.viewers.map(jsonViewer),
    viewersUnlisted: status.viewersUnlisted,
    end: status.end === null ? null : { logId: status.end.logId, offset: status.end.offset },
    lastOutput: time(status.lastOutputMs),
    logPath,
    logTrouble: jsonError(status.logTrouble),
    source: SOURCE_WORDS[status.source] || null,
    epoch: status.epoch,
    link: status.link || null,
  };
}

/** One viewer likewise. */
export function jsonViewer({ subject, mode, sinceMs, sessionId }: ViewerReceived): object {
  return { subject, mode: MODE_WORDS[mode], since: time(sinceMs), sessionId };
}

function jsonError(error: ErrorDetailReceived | null): object | null {
  if (error === null || error.code === "") return null;
  return Object.fromEntries(Object.entries(error).filter(([, text]) => text !== ""));
}

function time(wallTimeMs: number): string | null {
  return wallTimeMs === 0 ? null : isoText(wallTimeMs);
}
