import { type ConfedError, formatDuration, neutralise } from "@confed/kernel";
import type { ConsoleStatusReceived, EventReceived, OpenedReceived } from "@confed/wire";
import { formatCount, formatNumber } from "../render/format-count.ts";
import { causeText, MODE_WORDS, STATE_WORDS } from "../render/state-words.ts";
import { timeText } from "../render/time-text.ts";
import { type EscapeSequence, formatEscape } from "./escape-sequence.ts";

/** What every line of rcons needs to know. */
export interface BannerContext {
  readonly wallTimeMs: number;
  readonly escape: EscapeSequence | undefined;
}

/** `^Ec.` with the keys in use, or nothing where there is no escape. */
const keys = ({ escape }: BannerContext, key: string) =>
  escape === undefined ? undefined : formatEscape(escape) + key;

/** Conserver's first line, which scripts and habits expect. */
export function helpLine(escape: EscapeSequence): string {
  return `[Enter '${formatEscape(escape)}?' for help]`;
}

/** Where one has come: owner, route, mode, others, state, age of the output, log. */
export function openedLine(
  opened: OpenedReceived,
  route: { readonly owner: string; readonly text: string },
  { wallTimeMs }: BannerContext,
): string {
  const { status } = opened;
  const parts = [
    `${neutralise(status?.name ?? "", 128)} on ${neutralise(status?.owner || route.owner || "?", 128)}`,
    neutralise(route.text, 200),
  ];
  parts.push(MODE_WORDS[opened.mode]);
  if (status !== null) {
    parts.push(othersText(status, opened.sessionId), stateText(status), ageText(status, wallTimeMs));
    if (status.logPath !== "") {
      parts.push(`log ${neutralise(status.logPath, 200)} @${formatNumber(status.end?.offset ?? 0)}`);
    }
  }
  return `[${parts.join(", ")}]`;
}

/** Why a viewer who would like the keyboard does not have it: somebody else has it, or it may not. */
export function readOnlyLine(writer: string, context: BannerContext, reason = ""): string {
  if (reason !== "") return `[read-only: ${neutralise(reason, 160)}]`;
  const who = writer === "" ? "another viewer" : neutralise(writer, 100);
  return `[read-only: ${who} holds the keyboard${forceText(context)}]`;
}

/** How the mode of this session changed. */
export interface ModeChange {
  readonly write: boolean;
  /** This session itself has asked to be a viewer. */
  readonly asked: boolean;
  /** Who did it, and who we are. One person may have many sessions. */
  readonly by: string;
  readonly self: string;
  /** Why, where it was nobody's wish. */
  readonly reason: string;
}

/** The keyboard changed hands, or did not. */
export function modeLine({ write, asked, by, self, reason }: ModeChange, context: BannerContext): string {
  if (write) return "[you hold the keyboard]";
  if (reason !== "") return `[read-only: ${neutralise(reason, 160)}]`;
  if (asked && (by === "" || by === self)) {
    const attach = keys(context, "a");
    return `[read-only: the keyboard is given up${attach === undefined ? "" : `; ${attach} takes it again`}]`;
  }
  const who = by === "" ? "another viewer" : neutralise(by, 100);
  const mine = by !== "" && by === self ? " (another session of yours)" : "";
  return `[read-only: ${who}${mine} took the keyboard${forceText(context)}]`;
}

/** The stream is gone; another try is armed. */
export function lostLine(
  {
    error,
    owner,
    delayMs,
  }: { readonly error: ConfedError; readonly owner: string; readonly delayMs: number },
  context: BannerContext,
): string {
  const quit = keys(context, ".");
  const what =
    error.code === "agent_unreachable" && owner !== ""
      ? `agent ${neutralise(owner, 100)} unreachable`
      : neutralise(error.rawMessage, 160);
  const retry = delayMs < 1_000 ? "retry now" : `retry ${formatDuration(delayMs)}`;
  return `[rcons ${timeText(context.wallTimeMs)} ${what}, ${retry}${quit === undefined ? "" : `, ${quit} quits`}]`;
}

/** Typed, and nobody said that it arrived. */
export function unacknowledgedLine(openBytes: number): string {
  const were = openBytes === 1 ? "was not acknowledged and is" : "were not acknowledged and are";
  return `[${formatCount(openBytes, "byte")} typed ${were} not sent again]`;
}

/** Something happened at the console; undefined for what a viewer need not read. */
export function eventLine(event: EventReceived, context: BannerContext): string | undefined {
  const who = event.subject === "" ? "somebody" : neutralise(event.subject, 100);
  const line = (text: string) => `[rcons ${timeText(event.wallTimeMs || context.wallTimeMs)} ${text}]`;
  switch (event.kind) {
    case "STATE":
      return line(`console ${stateText(event)}`);
    case "VIEWER_CAME":
      return line(`${who} came${event.text === "" ? "" : ` (${neutralise(event.text, 100)})`}`);
    case "VIEWER_LEFT":
      return line(`${who} left`);
    case "WRITER_CHANGED":
      return line(event.subject === "" ? "nobody holds the keyboard" : `${who} holds the keyboard`);
    case "BREAK_SENT":
      return line(`break sent by ${who}`);
    case "NOTICE":
      return line(neutralise(event.text, 300));
    case "EVENT_KIND_UNSPECIFIED":
      // Of a newer agent: its text, if any, is meant for people.
      return event.text === "" ? undefined : line(neutralise(event.text, 300));
  }
}

function forceText(context: BannerContext): string {
  const force = keys(context, "f");
  return force === undefined ? "" : `; ${force} takes it`;
}

function othersText(status: ConsoleStatusReceived, sessionId: string): string {
  const others = status.viewers.filter((viewer) => viewer.sessionId !== sessionId);
  if (others.length === 0) return "nobody else";
  const shown = others
    .slice(0, 3)
    .map(({ subject, mode }) => `${neutralise(subject, 60)} (${MODE_WORDS[mode]})`);
  const unshown = others.length - shown.length + status.viewersUnlisted;
  const more = unshown > 0 ? ` and ${unshown} more` : "";
  return `with ${shown.join(", ")}${more}`;
}

function stateText({
  state,
  cause,
  ...status
}: Pick<ConsoleStatusReceived, "state" | "cause"> & { readonly target?: string }): string {
  if (state === "CONNECTED")
    return status.target === undefined || status.target === ""
      ? "connected"
      : `connected to ${neutralise(status.target, 100)}`;
  return cause === null || cause.code === ""
    ? STATE_WORDS[state]
    : `${STATE_WORDS[state]}: ${causeText(cause)}`;
}

function ageText({ lastOutputMs }: ConsoleStatusReceived, wallTimeMs: number): string {
  return lastOutputMs === 0
    ? "no output yet"
    : `last output ${formatDuration(wallTimeMs - lastOutputMs)} ago`;
}
