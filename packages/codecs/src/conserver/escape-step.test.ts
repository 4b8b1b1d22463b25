import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ESCAPE_TEXT_CHARACTERS_MAX,
  type EscapeContext,
  type EscapeEffect,
  type EscapeState,
  escapeStep,
} from "./escape-step.ts";

const WRITER: EscapeContext = {
  first: 5,
  second: "c".charCodeAt(0),
  writes: true,
  limited: false,
  started: true,
  playbackLines: 60,
  replayLines: 20,
  confirms: (of, key) =>
    ({ break0: false, break1: false, break5: true, taska: false, taskb: true })[of + key],
};
const SPY = { ...WRITER, writes: false };

/** What is said is `"text"`, what goes to the console `<text>`, what is to be done its name. */
function run(typed: string, context: EscapeContext = WRITER, begin: EscapeState = { phase: "pass" }) {
  let state = begin;
  let said = "";
  for (const byte of Buffer.from(typed, "latin1")) {
    const step = escapeStep(state, byte, context);
    state = step.state;
    said += step.effects.map(describe).join("");
  }
  return { state, said };
}

function describe(effect: EscapeEffect): string {
  switch (effect.type) {
    case "say":
      return effect.text;
    case "input":
      return `<${Buffer.from(effect.bytes).toString("latin1")}>`;
    case "do":
      return `{${effect.action}}`;
    case "break":
    case "task":
      return `{${effect.type} ${effect.key}}`;
    case "list":
      return `{list ${effect.of}}`;
    case "send":
      return `{send ${effect.of} ${effect.text}}`;
    case "set_lines":
      return `{set ${effect.of} ${effect.count ?? "same"}}`;
    case "redefine":
      return `{redefine ${effect.first} ${effect.second}}`;
  }
}

const ESC = "\x05c";

// Taken down from conserver 8.2.7.
test.each([
  ["ab", "<a><b>"],
  ["\x05\x05q", "<\x05><\x05q>"],
  ["\x05q", "<\x05q>"],
  ["\x05\x05c.", "<\x05>[{disconnect}"],
  [`${ESC} `, "[ignored]\r\n"],
  [`${ESC}\r`, "[ignored]\r\n"],
  [`${ESC}k`, "[unknown -- use `?']\r\n"],
  [`${ESC}toString`, "[unknown -- use `?']\r\n<o><S><t><r><i><n><g>"],
  [`${ESC}\\101x`, "[quote \\101]<A><x>"],
  [`${ESC}\\9`, "[quote \\ aborted]\r\n"],
  [`${ESC}\\1x`, "[quote \\1 aborted]\r\n"],
  [`${ESC}\\777`, "[quote \\777]<\xff>"],
  [`${ESC}l?`, "[halt {list break}"],
  [`${ESC}l0`, "[halt {break 0}"],
  [`${ESC}l9`, "[halt undefined]\r\n"],
  [`${ESC}l\r`, "[halt aborted]\r\n"],
  [`${ESC}l5n`, "[halt confirm? [y/N] n aborted]\r\n"],
  [`${ESC}l5y`, "[halt confirm? [y/N] y {break 5}"],
  [`${ESC}!?`, "[task {list task}"],
  [`${ESC}!a`, "[task {task a}"],
  [`${ESC}!z`, "[task undefined]\r\n"],
  [`${ESC}!.`, "[task {task .}"],
  [`${ESC}!by`, "[task confirm? [y/N] y {task b}"],
  [`${ESC}nnote it\r`, "[Enter note: note it]\r\n{send note note it}"],
  [`${ESC}bback\x08\x7f\x15new\r`, "[Enter message: back\b \b\b \b\b \b\b \bnew]\r\n{send message new}"],
  [`${ESC}bone\ntwo\x17\x05c.x\r`, "[Enter message: onetwoc.x]\r\n{send message onetwoc.x}"],
  [`${ESC}P\r`, "[set playback (60): {set playback same}"],
  [`${ESC}P12345\r`, "[set playback (60): 1234{set playback 1234}"],
  [`${ESC}R7x`, "[set replay (20): 7{set replay 7}"],
  [`${ESC}exy`, "[redef: x {redefine 120 121}y  ok]\r\n"],
  [`${ESC}e\x05\xe1`, "[redef: ^E {redefine 5 225}M-a  ok]\r\n"],
  [`${ESC}=`, "[unknown -- use `?']\r\n"],
  [`${ESC}\xd6`, "[{numeric_version}"],
  [`${ESC}\x12`, "[{last_line}"],
])("%j does %j", (typed, said) => {
  expect(run(typed).said).toBe(said);
});

test.each(["c", "d", "L", "l", "!", "s"])("a spy may not %s", (letter) => {
  expect(run(ESC + letter, SPY)).toEqual({ state: { phase: "pass" }, said: "[unknown -- use `?']\r\n" });
});

test("whoever is limited may not leave, but begin", () => {
  for (const letter of [";", "z", "\x1a", "|"]) {
    expect(run(ESC + letter, { ...WRITER, limited: true }).said).toBe("[unknown -- use `?']\r\n");
  }
  expect(run(`${ESC};`, { ...WRITER, limited: true, started: false }).said).toBe("[{go}");
  expect(run(`${ESC}=`, { ...WRITER, started: false }).said).toBe("[{state}");
});

test("the byte that brings a client back is not input", () => {
  expect(run("qx", WRITER, { phase: "suspended" }).said).toBe("<x>");
});

test("a local command has the keyboard whole", () => {
  expect(run(`${ESC}.`, WRITER, { phase: "local_command" }).said).toBe("<\x05><c><.>");
});

test("what is typed for a message has an end", () => {
  const { state } = run(`${ESC}b${"x".repeat(ESCAPE_TEXT_CHARACTERS_MAX + 10)}`);
  expect(state).toMatchObject({ typed: "x".repeat(ESCAPE_TEXT_CHARACTERS_MAX) });
});

test("any bytes leave a state that the next byte finds its way out of", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const { state } = run(Buffer.from(bytes).toString("latin1"));
      // Two of these end whatever is being typed.
      const after = run("\r\r\r", WRITER, state);
      expect(["pass", "first"]).toContain(after.state.phase);
    }),
    { numRuns: 1_000 },
  );
});
