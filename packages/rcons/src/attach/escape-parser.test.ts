import { expect, test } from "vitest";
import { type EscapeState, heldBack, readTyped } from "./escape-parser.ts";
import { DEFAULT_ESCAPE } from "./escape-sequence.ts";

// `<text>` is input, `.name` a command; what is typed is written with ^E for the first byte.
const TABLE: readonly (readonly [typed: string, meaning: string])[] = [
  ["ls\r", "<ls\r>"],
  ["^Ec.", ".quit"],
  ["a^Ec?b", "<a> .help <b>"],
  ["^Eca^Ecf^Ecs", ".attach .force .spy"],
  ["^Ecr^Ecw^Eci^Eco^Ecz", ".replay .who .info .reconnect .suspend"],
  ["^Ecl0x", ".break <x>"],
  ["^Ecl?", ".break_list"],
  ["^Ecl7x", "?l7 <x>"],
  ["^Ec^Ec", "<^Ec>"],
  ["^Ec^Ec.", "<^Ec.>"],
  ["^Ec^E^Ec.", "?^E .quit"],
  ["^Ex", "<^Ex>"],
  ["^E^E", "<^E> held"],
  ["^E^Ec.", "<^E> .quit"],
  ["^E", "held"],
  ["^Ec", ""],
  ["^Ec .", "ignored <.>"],
  ["^Ec\r", "ignored"],
  ["^Ec!x", "?! <x>"],
  ["c.", "<c.>"],
];

const bytesOf = (text: string) => Buffer.from(text.replaceAll("^E", "\x05"), "latin1");
const textOf = (bytes: Iterable<number>) =>
  Buffer.from([...bytes])
    .toString("latin1")
    .replaceAll("\x05", "^E");

function meaningOf(chunks: readonly Uint8Array[]): string {
  let state: EscapeState = "plain";
  let words: string[] = [];
  for (const chunk of chunks) {
    const step = readTyped(state, chunk, DEFAULT_ESCAPE);
    state = step.state;
    words.push(
      ...step.typed.map((item) => {
        if (item.type === "input") return `<${textOf(item.data)}>`;
        if (item.type === "command") return `.${item.command}`;
        return item.type === "unknown" ? `?${textOf(item.keys)}` : "ignored";
      }),
    );
  }
  if (heldBack(state, DEFAULT_ESCAPE).length > 0) words.push("held");
  // Input that came in pieces is the same input.
  words = words.join(" ").replaceAll("> <", "").split(" ");
  return words.join(" ");
}

test.each(TABLE)("the escape parser reads %j as %j", (typed, meaning) => {
  expect(meaningOf([bytesOf(typed)])).toBe(meaning);
});

test.each(TABLE)("the escape parser reads %j as %j when every byte comes alone", (typed, meaning) => {
  expect(meaningOf([...bytesOf(typed)].map((byte) => Uint8Array.of(byte)))).toBe(meaning);
});

test("input between escapes comes in one piece", () => {
  const { typed } = readTyped("plain", Buffer.alloc(10_000, "x"), DEFAULT_ESCAPE);
  expect(typed).toHaveLength(1);
});
