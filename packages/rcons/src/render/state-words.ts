import { neutralise } from "@confed/kernel";
import type {
  ConsoleSourceReceived,
  ConsoleStateReceived,
  ErrorDetailReceived,
  GapReasonReceived,
  ViewerModeReceived,
} from "@confed/wire";

/** States as people read and write them, and as JSON has them. */
export const STATE_WORDS: Readonly<Record<ConsoleStateReceived, string>> = {
  CONSOLE_STATE_UNSPECIFIED: "unknown",
  IDLE: "idle",
  CONNECTING: "connecting",
  CONNECTED: "connected",
  WAITING: "waiting",
  STOPPED: "stopped",
  UNREACHABLE: "unreachable",
  CONFLICT: "conflict",
};

/** Who defined a console; "" for an agent that does not say. */
export const SOURCE_WORDS: Readonly<Record<ConsoleSourceReceived, string>> = {
  CONSOLE_SOURCE_UNSPECIFIED: "",
  FILE: "file",
  HEAD: "head",
  FILE_OVER_HEAD: "file over head",
};

/** Two define it; the console itself may be well. */
export const FILE_OVER_HEAD = "conflict: the head assigns it as well, the agent's file is in force";

/** Modes likewise. */
export const MODE_WORDS: Readonly<Record<ViewerModeReceived, string>> = {
  VIEWER_MODE_UNSPECIFIED: "unknown",
  WRITE: "write",
  VIEW: "view",
};

/** Why bytes are missing, as it completes "512 bytes lost, ...". */
export const GAP_WORDS: Readonly<Record<GapReasonReceived, string>> = {
  GAP_REASON_UNSPECIFIED: "reason unknown",
  AGENT_RESTART: "agent restarted",
  LOG_STALLED: "log stalled",
  LOG_TRUNCATED: "log truncated by somebody else",
  ROTATED_AWAY: "removed by retention",
  LOG_RESET: "log begun anew",
  READER_TOO_SLOW: "this terminal too slow, see log",
  DISK_FAILED: "the disk lost them",
};

/** Why a console's log cannot be written, in one line; the console itself may be well. */
export function logTroubleText(trouble: ErrorDetailReceived): string {
  return `log-stalled: ${causeText(trouble)}`;
}

/** One failure in one line; its text may come from a console and is made harmless. */
export function causeText({ code, message, where }: ErrorDetailReceived): string {
  const said = message === "" ? code.replaceAll("_", " ") : message;
  return neutralise(where === "" || said.includes(where) ? said : `${said} (${where})`, 200);
}
