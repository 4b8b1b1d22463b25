import { ConfedError, neutralise, unreachable } from "@confed/kernel";
import { statusLines, whoLines } from "../render/status-lines.ts";
import type { Screen } from "../terminal/screen.ts";
import type { World } from "../world.ts";
import type { AttachSession } from "./attach-session.ts";
import type { EscapeCommand, Typed } from "./escape-parser.ts";
import { type EscapeSequence, formatEscape, formatKey } from "./escape-sequence.ts";
import { BREAK_LINES, helpLines } from "./help-lines.ts";

/** What commands act upon. */
export interface ObeyParts {
  readonly console: string;
  readonly world: World;
  readonly session: AttachSession;
  readonly screen: Screen;
  readonly escape: EscapeSequence;
  readonly suspend: () => void;
}

/** Lines that `r` shows again; conserver's number. */
const REPLAY_LINES = 60;

/** Do what was typed: pass input on, carry commands out. */
export function obey(typed: Typed, parts: ObeyParts): void {
  const { session, screen, escape } = parts;
  switch (typed.type) {
    case "input":
      session.type(typed.data);
      break;
    case "command":
      carryOut(typed.command, parts);
      break;
    case "ignored":
      screen.say("[ignored]");
      break;
    case "unknown": {
      const keys = formatEscape(escape);
      screen.say(`[unknown: ${keys}${typed.keys.map(formatKey).join("")}; ${keys}? for help]`);
      break;
    }
    default:
      unreachable(typed);
  }
}

function carryOut(command: EscapeCommand, parts: ObeyParts): void {
  const { session, screen, escape } = parts;
  switch (command) {
    case "quit":
      session.quit();
      break;
    case "help":
      screen.say(...helpLines(escape));
      break;
    case "attach":
      session.request({ setMode: { mode: "WRITE", force: false } });
      break;
    case "force":
      session.request({ setMode: { mode: "WRITE", force: true } });
      break;
    case "spy":
      session.request({ setMode: { mode: "VIEW", force: false } });
      break;
    case "replay":
      session.request({ replay: { lines: REPLAY_LINES } });
      break;
    case "who":
    case "info":
      void inspect(command, parts);
      break;
    case "reconnect":
      session.request({ reconnect: {} });
      break;
    case "suspend":
      parts.suspend();
      break;
    case "break":
      session.request({ sendBreak: { durationMs: 0 } });
      break;
    case "break_list":
      screen.say(...BREAK_LINES);
      break;
    default:
      unreachable(command);
  }
}

async function inspect(
  command: "who" | "info",
  { console, world, session, screen }: ObeyParts,
): Promise<void> {
  const { peer } = session;
  if (peer === undefined) {
    screen.say("[not attached]");
    return;
  }
  try {
    const status = await peer.client.inspect({ console }, { signal: new AbortController().signal });
    const nowMs = world.clock.wallTimeMs();
    screen.say(`[${command}]`, ...(command === "who" ? whoLines(status, nowMs) : statusLines(status, nowMs)));
  } catch (reason) {
    // Closing the session ends this call, too; nobody is left to read about it.
    if (session.attached) screen.say(`[${neutralise(ConfedError.from(reason).rawMessage, 200)}]`);
  }
}
