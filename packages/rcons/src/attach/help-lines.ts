import { type EscapeSequence, formatEscape } from "./escape-sequence.ts";

const COMMANDS: readonly (readonly [key: string, does: string])[] = [
  [".", "quit"],
  ["?", "this help"],
  ["a", "attach: take the keyboard if nobody holds it"],
  ["f", "force: take the keyboard from whoever holds it"],
  ["s", "spy: give the keyboard up and only watch"],
  ["r", "replay the last 60 lines"],
  ["w", "who is attached"],
  ["i", "information about this console"],
  ["l0", "send a serial break (l? lists)"],
  ["o", "reconnect: drop the console's link and open it again"],
  ["z", "suspend rcons"],
];

/** What `^Ec?` shows. */
export function helpLines(escape: EscapeSequence): readonly string[] {
  const keys = formatEscape(escape);
  const width = keys.length * 2 + 2;
  return [
    "[rcons]",
    ...COMMANDS.map(([key, does]) => ` ${(keys + key).padEnd(width)} ${does}`),
    ` ${(keys + keys).padEnd(width)} sends ${keys} itself`,
  ];
}

/** What `^Ecl?` shows. */
export const BREAK_LINES: readonly string[] = [
  "[breaks]",
  " 0  a serial break of the transport's usual length",
];
