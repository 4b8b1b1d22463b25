import { ConfedError, checkName, isErrorCode, neutralise } from "@confed/kernel";
import type { ConsoleStatusReceived, ErrorDetailReceived, PositionReceived } from "@confed/wire";
import { STATUS_LIMITS as LIMITS } from "./directory-limits.ts";

const NO_TEXTS: readonly string[] & string[] = Object.freeze([]) as unknown as string[];
const NO_LABELS: Record<string, string> = Object.freeze({});
const NO_VIEWERS: ConsoleStatusReceived["viewers"] = Object.freeze(
  [],
) as unknown as ConsoleStatusReceived["viewers"];

const STATES: ReadonlySet<unknown> = new Set([
  "IDLE",
  "CONNECTING",
  "CONNECTED",
  "WAITING",
  "STOPPED",
  // Of an agent that is itself a head.
  "UNREACHABLE",
  "CONFLICT",
]);

const SOURCES: ReadonlySet<unknown> = new Set(["FILE", "HEAD", "FILE_OVER_HEAD"]);

const LOG_ID = /^[0-9a-f]{16}$/;

/**
 * What an agent says about a console of its own, made fit to keep and to show: text bounded and
 * without control characters, numbers exact, the owner whoever said it. Throws "invalid_argument"
 * for what no agent may say: a name that is none, a position that cannot be.
 */
export function knownStatus(said: ConsoleStatusReceived, agent: string): ConsoleStatusReceived {
  const name = checkName(said.name);
  return {
    name,
    owner: agent,
    // What a newer agent may say, an older head does not understand.
    state: STATES.has(said.state) ? said.state : "CONSOLE_STATE_UNSPECIFIED",
    cause: said.cause === null ? null : knownDetail(said.cause),
    sinceMs: exact(said.sinceMs),
    transport: neutralise(said.transport, LIMITS.transportLengthMax),
    target: neutralise(said.target, LIMITS.targetLengthMax),
    labels: knownLabels(said.labels),
    groups: knownGroups(said.groups),
    onDemand: said.onDemand,
    viewers: knownViewers(said.viewers),
    viewersUnlisted: said.viewersUnlisted,
    end: said.end === null ? null : checkPosition(said.end, name),
    lastOutputMs: exact(said.lastOutputMs),
    logPath: neutralise(said.logPath, LIMITS.logPathLengthMax),
    description: neutralise(said.description, LIMITS.descriptionLengthMax),
    attempt: said.attempt,
    logTrouble: said.logTrouble === null ? null : knownDetail(said.logTrouble),
    source: SOURCES.has(said.source) ? said.source : "CONSOLE_SOURCE_UNSPECIFIED",
    // What is recorded counts, and is put here by whoever records.
    epoch: 0,
    link: neutralise(said.link, LIMITS.linkLengthMax),
  };
}

/** An error that a peer told us of, bounded and fit to show. */
export function knownDetail({
  code,
  message,
  subject,
  where,
  hint,
}: ErrorDetailReceived): ErrorDetailReceived {
  return {
    code: isErrorCode(code) ? code : "internal",
    message: neutralise(message, LIMITS.messageLengthMax),
    subject: neutralise(subject, LIMITS.contextLengthMax),
    where: neutralise(where, LIMITS.contextLengthMax),
    hint: neutralise(hint, LIMITS.contextLengthMax),
  };
}

/** Returns `position` or throws "invalid_argument": larger than 2^53 or without a log is no position. */
export function checkPosition(position: PositionReceived, console: string): PositionReceived {
  if (Number.isSafeInteger(position.offset) && LOG_ID.test(position.logId)) return position;
  throw new ConfedError(
    "invalid_argument",
    `${console}: offset ${position.offset} of log "${neutralise(position.logId, 40)}" is not a position`,
    { subject: console, hint: "16 hexadecimal digits, and an offset below 2^53" },
  );
}

function exact(value: number): number {
  return Number.isSafeInteger(value) ? value : 0;
}

function knownLabels(said: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(said);
  if (entries.length === 0) return NO_LABELS;
  return Object.fromEntries(
    entries
      .slice(0, LIMITS.labelsMax)
      .map(([key, value]) => [
        neutralise(key, LIMITS.labelKeyLengthMax),
        neutralise(value, LIMITS.labelValueLengthMax),
      ]),
  );
}

function knownGroups(said: readonly string[]): string[] {
  if (said.length === 0) return NO_TEXTS;
  return said.slice(0, LIMITS.groupsMax).map((group) => neutralise(group, LIMITS.groupLengthMax));
}

function knownViewers(said: ConsoleStatusReceived["viewers"]): ConsoleStatusReceived["viewers"] {
  if (said.length === 0) return NO_VIEWERS;
  return said.slice(0, LIMITS.viewersMax).map(({ sessionId, subject, mode, sinceMs }) => ({
    sessionId: neutralise(sessionId, LIMITS.sessionIdLengthMax),
    subject: neutralise(subject, LIMITS.subjectLengthMax),
    mode,
    sinceMs: exact(sinceMs),
  }));
}
