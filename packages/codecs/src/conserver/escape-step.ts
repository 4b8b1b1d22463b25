import { unreachable } from "@confed/kernel";

/** Where a client stands in conserver's escape sequences. Plain data; typed text is bounded. */
export type EscapeState =
  /** Bytes go to the console. */
  | { readonly phase: "pass" }
  /** The first byte of the escape has come. */
  | { readonly phase: "first" }
  /** Both have: the next byte says what to do. */
  | { readonly phase: "command" }
  | { readonly phase: "redefine"; readonly first?: number }
  | { readonly phase: "octal"; readonly digits: string }
  /** `l` or `!`: the next byte says which. */
  | { readonly phase: "which"; readonly of: "break" | "task" }
  | { readonly phase: "confirm"; readonly of: "break" | "task"; readonly key: string }
  | { readonly phase: "text"; readonly of: "message" | "note"; readonly typed: string }
  | { readonly phase: "lines"; readonly of: "playback" | "replay"; readonly digits: string }
  /** The client has put itself aside; its next byte only says that it is back. */
  | { readonly phase: "suspended" }
  /** A command at the client has the keyboard: nothing is an escape. */
  | { readonly phase: "local_command" };

/** What escapes depend on besides their bytes. */
export interface EscapeContext {
  readonly first: number;
  readonly second: number;
  readonly writes: boolean;
  /** May not leave for another console, suspend, or start a local command. */
  readonly limited: boolean;
  /** The client has asked for output: its first `;` is behind it. */
  readonly started: boolean;
  /** How many lines are shown again, as the prompts tell. */
  readonly playbackLines: number;
  readonly replayLines: number;
  /** Undefined: there is none. */
  readonly confirms: (of: "break" | "task", key: string) => boolean | undefined;
}

/** What is to be done, in this order. */
export type EscapeEffect =
  /** For the console: the byte itself, or one of an escape that was none. */
  | { readonly type: "input"; readonly bytes: readonly number[] }
  /** For the client, as it is. */
  | { readonly type: "say"; readonly text: string }
  /** Do it and answer: the `[` has been said, the answer ends with `]` and a new line. */
  | { readonly type: "do"; readonly action: EscapeAction }
  | { readonly type: "break"; readonly key: string }
  | { readonly type: "task"; readonly key: string }
  | { readonly type: "list"; readonly of: "break" | "task" }
  | { readonly type: "send"; readonly of: "message" | "note"; readonly text: string }
  | { readonly type: "set_lines"; readonly of: "playback" | "replay"; readonly count: number | undefined }
  | { readonly type: "redefine"; readonly first: number; readonly second: number };

/** The actions of one letter each. */
export type EscapeAction = (typeof ACTIONS)[keyof typeof ACTIONS];

export interface EscapeStep {
  readonly state: EscapeState;
  readonly effects: readonly EscapeEffect[];
}

/** A message or a note that somebody types; conserver's own has no end. */
export const ESCAPE_TEXT_CHARACTERS_MAX = 1_000;

const ACTIONS = {
  ".": "disconnect",
  "\x03": "disconnect",
  "\x04": "disconnect",
  ";": "go",
  a: "attach",
  c: "flow_control",
  d: "down",
  f: "force",
  g: "group",
  h: "help",
  "?": "help",
  i: "info",
  L: "logging",
  m: "motd",
  o: "reopen",
  p: "playback",
  r: "replay",
  "\x12": "last_line",
  s: "spy",
  u: "hosts",
  v: "version",
  w: "who",
  x: "examine",
  z: "suspend",
  "\x1a": "suspend",
  "|": "local_command",
  "\xd6": "numeric_version",
  "=": "state",
} as const;

/** What a spy may not do. conserver 8.2 knows these letters from the writer only. */
const OF_WRITERS = new Set(["c", "d", "L", "l", "!", "s"]);
const OF_UNLIMITED = new Set([";", "z", "\x1a", "|"]);

const PASS: EscapeState = { phase: "pass" };
const UNKNOWN: EscapeStep = { state: PASS, effects: [say("unknown -- use `?']\r\n")] };

/**
 * One byte from a client that is attached, conserver's escapes as its server takes them. Pure; where nothing is
 * being escaped and the byte begins nothing, the caller may pass whole runs on without asking.
 */
export function escapeStep(state: EscapeState, byte: number, context: EscapeContext): EscapeStep {
  const char = String.fromCharCode(byte);
  switch (state.phase) {
    case "pass":
      return byte === context.first ? to({ phase: "first" }) : to(PASS, { type: "input", bytes: [byte] });
    case "first":
      if (byte === context.second) return to({ phase: "command" }, say("["));
      // Twice the first byte is that byte, and may be the beginning of an escape still.
      if (byte === context.first) return to(state, { type: "input", bytes: [byte] });
      return to(PASS, { type: "input", bytes: [context.first, byte] });
    case "command":
      return command(char, context);
    case "redefine":
      if (state.first === undefined)
        return to({ phase: "redefine", first: byte }, say(`${controlName(byte)} `));
      return to(
        PASS,
        { type: "redefine", first: state.first, second: byte },
        say(`${controlName(byte)}  ok]\r\n`),
      );
    case "octal":
      return octal(state.digits, char);
    case "which":
      return which(state.of, char, context);
    case "confirm":
      if (char !== "y" && char !== "Y") return to(PASS, say("n aborted]\r\n"));
      return to(PASS, say("y "), { type: state.of, key: state.key });
    case "text":
      return text(state, byte, char);
    case "lines":
      return lines(state, char);
    case "suspended":
      return to(PASS);
    case "local_command":
      return to(state, { type: "input", bytes: [byte] });
    default:
      return unreachable(state);
  }
}

function command(char: string, context: EscapeContext): EscapeStep {
  const { writes, limited, started, playbackLines, replayLines } = context;
  if (!writes && char === "\\") return to(PASS, say("attach to send character]\r\n"));
  if ((!writes && OF_WRITERS.has(char)) || (limited && started && OF_UNLIMITED.has(char))) return UNKNOWN;
  switch (char) {
    case " ":
    case "\r":
    case "\n":
      return to(PASS, say("ignored]\r\n"));
    case "e":
      return to({ phase: "redefine" }, say("redef: "));
    case "\\":
      return to({ phase: "octal", digits: "" }, say("quote \\"));
    case "l":
      return to({ phase: "which", of: "break" }, say("halt "));
    case "!":
      return to({ phase: "which", of: "task" }, say("task "));
    case "b":
      return to({ phase: "text", of: "message", typed: "" }, say("Enter message: "));
    case "n":
      return to({ phase: "text", of: "note", typed: "" }, say("Enter note: "));
    case "P":
      return to({ phase: "lines", of: "playback", digits: "" }, say(`set playback (${playbackLines}): `));
    case "R":
      return to({ phase: "lines", of: "replay", digits: "" }, say(`set replay (${replayLines}): `));
    default:
      return action(char, started);
  }
}

function action(char: string, started: boolean): EscapeStep {
  if (char === "=" && started) return UNKNOWN;
  if (!Object.hasOwn(ACTIONS, char)) return UNKNOWN;
  return to(PASS, { type: "do", action: ACTIONS[char as keyof typeof ACTIONS] });
}

function octal(digits: string, char: string): EscapeStep {
  if (!/[0-7]/.test(char)) return to(PASS, say(" aborted]\r\n"));
  if (digits.length < 2) return to({ phase: "octal", digits: digits + char }, say(char));
  const byte = Number.parseInt(digits + char, 8) & 0xff;
  return to(PASS, say(`${char}]`), { type: "input", bytes: [byte] });
}

function which(of: "break" | "task", char: string, { confirms }: EscapeContext): EscapeStep {
  if (char === "?") return to(PASS, { type: "list", of });
  if (of === "task" && char === ".") return to(PASS, { type: "task", key: "." });
  if (!/[0-9a-z]/.test(char)) return to(PASS, say("aborted]\r\n"));
  const confirm = confirms(of, char);
  if (confirm === undefined) return to(PASS, say("undefined]\r\n"));
  if (confirm) return to({ phase: "confirm", of, key: char }, say("confirm? [y/N] "));
  return to(PASS, { type: of, key: char });
}

function text(
  state: { readonly phase: "text"; readonly of: "message" | "note"; readonly typed: string },
  byte: number,
  char: string,
): EscapeStep {
  const { of, typed } = state;
  if (char === "\r") return to(PASS, say("]\r\n"), { type: "send", of, text: typed });
  const erase = "\b \b";
  if (char === "\b" || byte === 0x7f) {
    return typed === "" ? to(state) : to({ ...state, typed: typed.slice(0, -1) }, say(erase));
  }
  if (byte === 0x15) return to({ ...state, typed: "" }, say(erase.repeat(typed.length)));
  if (byte < 0x20 || typed.length >= ESCAPE_TEXT_CHARACTERS_MAX) return to(state);
  return to({ ...state, typed: typed + char }, say(char));
}

function lines(
  state: { readonly phase: "lines"; readonly of: "playback" | "replay"; readonly digits: string },
  char: string,
): EscapeStep {
  const { of, digits } = state;
  if (/\d/.test(char)) {
    return digits.length >= 4 ? to(state) : to({ ...state, digits: digits + char }, say(char));
  }
  if (char === "\b" || char === "\x7f") {
    return digits === "" ? to(state) : to({ ...state, digits: digits.slice(0, -1) }, say("\b \b"));
  }
  return to(PASS, { type: "set_lines", of, count: digits === "" ? undefined : Number(digits) });
}

/** As conserver writes bytes that do not print. */
export function controlName(byte: number): string {
  if (byte > 0x7f) return `M-${controlName(byte & 0x7f)}`;
  if (byte === 0x7f) return "^?";
  return byte < 0x20 ? `^${String.fromCharCode(byte + 0x40)}` : String.fromCharCode(byte);
}

function say(text: string): EscapeEffect {
  return { type: "say", text };
}

function to(state: EscapeState, ...effects: readonly EscapeEffect[]): EscapeStep {
  return { state, effects };
}
