import type { EscapeSequence } from "./escape-sequence.ts";

/** What a person can ask of rcons while attached. */
export type EscapeCommand =
  | "quit"
  | "help"
  | "attach"
  | "force"
  | "spy"
  | "replay"
  | "who"
  | "info"
  | "reconnect"
  | "suspend"
  | "break"
  | "break_list";

/** What was typed: bytes for the console, or something for rcons. */
export type Typed =
  | { readonly type: "input"; readonly data: Uint8Array }
  | { readonly type: "command"; readonly command: EscapeCommand }
  /** Space or Enter after the escape: the person thought better of it. */
  | { readonly type: "ignored" }
  | { readonly type: "unknown"; readonly keys: readonly number[] };

/**
 * Where in an escape sequence the typing stands: `prefix` after its first byte, `command` after
 * both, `doubled` after both and the first again, `break` after `l`.
 */
export type EscapeState = "plain" | "prefix" | "command" | "doubled" | "break";

const COMMAND_OF_KEY: Readonly<Record<string, EscapeCommand>> = {
  ".": "quit",
  "?": "help",
  a: "attach",
  f: "force",
  s: "spy",
  r: "replay",
  w: "who",
  i: "info",
  o: "reconnect",
  z: "suspend",
};

const BREAK_OF_KEY: Readonly<Record<string, EscapeCommand>> = { "0": "break", "?": "break_list" };

const BREAK_KEY = 0x6c;
const THINKING_AGAIN = new Set([0x20, 0x0d, 0x0a]);

/**
 * One step of the escape parser: what the bytes mean, given what came before. Pure. Bytes that are
 * no escape come out in order and in as few pieces as can be; the first byte of an escape is held
 * back until the next one shows what it was.
 */
export function readTyped(
  state: EscapeState,
  bytes: Uint8Array,
  escape: EscapeSequence,
): { readonly state: EscapeState; readonly typed: readonly Typed[] } {
  const typed: Typed[] = [];
  let input: number[] = [];
  const emit = (item: Typed) => {
    if (input.length > 0) typed.push({ type: "input", data: Uint8Array.from(input) });
    input = [];
    typed.push(item);
  };
  let now = state;
  for (const byte of bytes) {
    now = step(now, byte);
  }
  if (input.length > 0) typed.push({ type: "input", data: Uint8Array.from(input) });
  return { state: now, typed };

  function step(before: EscapeState, byte: number): EscapeState {
    switch (before) {
      case "plain":
        if (byte === escape.first) return "prefix";
        input.push(byte);
        return "plain";
      case "prefix":
        if (byte === escape.second) return "command";
        input.push(escape.first);
        return step("plain", byte);
      case "command":
        return command(byte);
      case "doubled":
        if (byte === escape.second) {
          input.push(escape.first, escape.second);
          return "plain";
        }
        emit({ type: "unknown", keys: [escape.first] });
        return step("plain", byte);
      case "break": {
        const found = BREAK_OF_KEY[String.fromCharCode(byte)];
        emit(
          found === undefined
            ? { type: "unknown", keys: [BREAK_KEY, byte] }
            : { type: "command", command: found },
        );
        return "plain";
      }
    }
  }

  function command(byte: number): EscapeState {
    if (byte === escape.first) return "doubled";
    if (byte === BREAK_KEY) return "break";
    const found = COMMAND_OF_KEY[String.fromCharCode(byte)];
    if (found !== undefined) emit({ type: "command", command: found });
    else if (THINKING_AGAIN.has(byte)) emit({ type: "ignored" });
    else emit({ type: "unknown", keys: [byte] });
    return "plain";
  }
}

/** What is still held back when no more will be typed: it was input after all. */
export function heldBack(state: EscapeState, escape: EscapeSequence): Uint8Array {
  return state === "prefix" ? Uint8Array.of(escape.first) : new Uint8Array();
}
