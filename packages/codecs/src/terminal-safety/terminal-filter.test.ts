import { expectSplitInvariant, HOSTILE_SEQUENCES, randomBytes } from "@confed/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TerminalFilter } from "./terminal-filter.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

function shown(text: string, answers = false): string {
  return Buffer.from(new TerminalFilter().filter(bytes(text), { answers })).toString("latin1");
}

// The law once more, in another form than the filter has it: all that may come out, token by token.
const NUMBERS = "(?:\\d{0,5}(?:;\\d{0,5})*)";
const QUIET_MODES = "(?:1|5|6|7|12|25|47|66|1047|1048|1049|2004|2026)";
const LOUD_MODES = "(?:9|1000|1002|1003|1004|1005|1006|1015|1016)";
const ANY_MODES = `(?:${QUIET_MODES}|${LOUD_MODES})(?:;(?:${QUIET_MODES}|${LOUD_MODES}))*`;
const QUIET = [
  "[\\x07-\\x0f\\x20-\\x7e]",
  // Well-formed UTF-8 without U+0080 to U+009F, then what is none: never 0x80 to 0x9f.
  "\\xc2[\\xa0-\\xbf]|[\\xc3-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|\\xed[\\x80-\\x9f][\\x80-\\xbf]",
  "[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}|\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}",
  "\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}|[\\xa0-\\xff]",
  "\\x1b[78=>DEMc]|\\x1b#[34568]|\\x1b[()*+][0-9A-Za-z]",
  `\\x1b\\[${NUMBERS}[@A-MPSXZ\`adefr]|\\x1b\\[\\d{0,5}T|\\x1b\\[(?:\\d{1,3}|1000)?b|\\x1b\\[[su]`,
  "\\x1b\\[\\d{0,5}(?:[;:]\\d{0,5}){0,126}m|\\x1b\\[0*4[hl]|\\x1b\\[!p|\\x1b\\[\\d{0,5} q|\\x1b\\[\\?[0-9;]*[JK]",
  `\\x1b\\[\\?${QUIET_MODES}(?:;${QUIET_MODES})*h|\\x1b\\[\\?${ANY_MODES}l`,
];
const LOUD = [
  "\\x1bZ|\\x1b\\[[>=]?0*c|\\x1b\\[\\??6n|\\x1b\\[5n|\\x1b\\[\\??[0-9;]*\\$p|\\x1b\\[>0*q",
  `\\x1b\\[\\?${ANY_MODES}h`,
];
const WITHOUT_ANSWERS = new RegExp(`^(?:${QUIET.join("|")})*$`);
const WITH_ANSWERS = new RegExp(`^(?:${[...QUIET, ...LOUD].join("|")})*$`);

test.each([
  ["text", "Boot: ü 漢字 🙂\r\n\ttab\b\x07\f\x0e\x0f"],
  ["colours", "\x1b[1;31;48;5;16mred\x1b[38:2::1:2:3m\x1b[0m\x1b[m"],
  [
    "cursor movements",
    "\x1b[2J\x1b[H\x1b[10;20H\x1b[3A\x1b[2K\x1b[1@\x1b[2P\x1b[3X\x1b[1L\x1b[2M\x1b[32766;32766H",
  ],
  ["margins and scrolling", "\x1b[1;24r\x1b[r\x1b7\x1b8\x1b[s\x1b[u\x1bM\x1bD\x1bE\x1b[2S\x1b[2T\x1b[80b"],
  [
    "a full-screen program",
    "\x1b[?1049h\x1b[?25l\x1b[?1h\x1b=\x1b[?7l\x1b[?2004h\x1b[4l\x1b[!p\x1b[2 q\x1b[?12;25h",
  ],
  ["line drawing", "\x1b(0lqk\x1b(B\x1b)0\x0eqqq\x0f\x1b#8"],
  ["a full reset", "\x1bc"],
])("%s passes unchanged, without a copy", (_what, text) => {
  const data = Buffer.from(text);
  expect(new TerminalFilter().filter(data, { answers: false })).toBe(data);
});

test("Latin-1 and the line drawing of old firmware pass unchanged", () => {
  const text = "gr\xfc\xdfe \xc9\xcd\xcd\xbb \xb3";
  expect(shown(text)).toBe(text);
});

test.each([
  ["before\x1b]0;title\x07after", "beforeafter"],
  ["before\x1b]0;title\x1b\\after", "beforeafter"],
  ["\x1b]52;c;cm0=\x07\x1b[31mred", "\x1b[31mred"],
  ["\x1b]8;;http://evil\x07good\x1b]8;;\x07", "good"],
  ["\x1bP1;2q~~-~~\x1b\\x\x1b_Ga=T;AA\x1b\\y\x1b^p\x1b\\z\x1bXs\x1b\\", "xyz"],
  ["\x1b]P0ffffffnext\x1b]Rlast", "nextlast"],
  ["\x9b31m\x9d0;t\x07", "31m0;t\x07"],
  ["\xc2\x9b31m", "31m"],
  ["\xe2\x9b\x84", "\xe2\x9b\x84"],
  ["\xe2\x9bx", "\xe2x"],
  ["a\x05\x00b\x7f", "ab"],
  ["\x1b[?2lY", "Y"],
  ["\x1b[>4;2m\x1b[>1ukeys", "keys"],
  ["\x1b[21t\x1b[5i\x1b[3gx", "x"],
])("%j is shown as %j", (text, left) => {
  expect(shown(text)).toBe(left);
  expect(shown(text, true)).toBe(left);
});

test("questions pass with answers only", () => {
  const text = "\x1b[c\x1b[>c\x1b[6n\x1b[5n\x1bZ\x1b[?2026$p\x1b[>q\x1b[?1000;1006h";
  expect(shown(text, true)).toBe(text);
  expect(shown(text)).toBe("");
  expect(shown("\x1b[?1000;1006l")).toBe("\x1b[?1000;1006l");
});

test.each([
  ["at the end of its line", "\x1b]0;noise\r\nBooting\r\n", "\r\nBooting\r\n"],
  ["at the next sequence", "\x1bPnoise\x1b[1mBooting", "\x1b[1mBooting"],
  ["at a control character", "\x1b[12\nBooting", "\nBooting"],
  ["at its length limit", `\x1b_${"x".repeat(1024 * 1024 - 2)}Booting`, "Booting"],
  ["at its final byte, however late", `\x1b[${"1;".repeat(3_000)}mBooting`, "Booting"],
])("a sequence that does not end is given up %s", (_where, text, left) => {
  expect(shown(text).slice(-100)).toBe(left);
});

test("a hostile sequence leaves nothing that is not allowed", () => {
  expect(HOSTILE_SEQUENCES.length).toBeGreaterThanOrEqual(200);
  expect(new Set(HOSTILE_SEQUENCES.map((sequence) => sequence.bytes)).size).toBe(HOSTILE_SEQUENCES.length);
  for (const { does, bytes: hostile, forWriter } of HOSTILE_SEQUENCES) {
    const what = `${does}: ${JSON.stringify(hostile.slice(0, 80))}`;
    const quiet = shown(`before ${hostile}\r\nafter`);
    expect(quiet, what).toMatch(WITHOUT_ANSWERS);
    expect(quiet.startsWith("before ") && quiet.endsWith("\r\nafter"), what).toBe(true);
    const loud = shown(`before ${hostile}\r\nafter`, true);
    expect(loud, what).toMatch(WITH_ANSWERS);
    expect(loud !== quiet, what).toBe(forWriter);
    // The check itself sees harm where it is.
    expect(hostile, what).not.toMatch(WITHOUT_ANSWERS);
  }
});

test("what comes out does not depend on how the console's output was split", () => {
  for (const answers of [false, true]) {
    for (const { bytes: hostile } of HOSTILE_SEQUENCES) {
      if (hostile.length > 80) continue;
      expectSplitInvariant(bytes(`a${hostile}\x1b[1mb\xe2\x9b\x84\xc3`), (parts) => {
        const filter = new TerminalFilter();
        // A character that has not ended is held, and comes out with what ends it.
        return [...parts, bytes("z")]
          .map((part) => Buffer.from(filter.filter(part, { answers })).toString("latin1"))
          .join("");
      });
    }
  }
});

const pieces = fc.oneof(
  fc.constantFrom(...HOSTILE_SEQUENCES.map(({ bytes: hostile }) => hostile.slice(0, 200))),
  fc.string({
    unit: fc.constantFrom(..."\x1b[]P_^X\\?>=!$ ;:0123456789hlmnqtpc\x07\r\n\x18".split("")),
    maxLength: 12,
  }),
  fc.uint8Array({ maxLength: 6 }).map((some) => Buffer.from(some).toString("latin1")),
  fc.constantFrom("\x1b", "\x1b[", "\x1b]", "\x9b", "\xc2", "\xe2", "\xf0\x9f", "text"),
);

test("nothing is shown that is not allowed or was not sent, whatever is sent in whatever pieces", () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), fc.boolean(), fc.nat(7), (parts, answers, size) => {
      const sent = bytes(parts.join(""));
      const whole = shown(parts.join("") + "\r\n", answers);
      expect(whole).toMatch(answers ? WITH_ANSWERS : WITHOUT_ANSWERS);
      const filter = new TerminalFilter();
      let split = "";
      for (let at = 0; at < sent.length; at += size + 1)
        split += Buffer.from(filter.filter(sent.subarray(at, at + size + 1), { answers })).toString("latin1");
      split += Buffer.from(filter.filter(bytes("\r\n"), { answers })).toString("latin1");
      expect(split).toBe(whole);
      // Shown is a part of what was sent, in order.
      let from = 0;
      for (const character of split.slice(0, -2)) {
        from = parts.join("").indexOf(character, from) + 1;
        expect(from).toBeGreaterThan(0);
      }
      // Doing it twice changes nothing.
      expect(shown(whole, answers)).toBe(whole);
    }),
    { numRuns: 2_000 },
  );
});

test("noise never makes it silent", () => {
  const filter = new TerminalFilter();
  const noise = randomBytes(100_000, 7);
  for (let at = 0; at < noise.length; at += 997)
    filter.filter(noise.subarray(at, at + 997), { answers: true });
  filter.filter(bytes("\r\n"), { answers: true });
  expect(Buffer.from(filter.filter(bytes("login: "), { answers: true })).toString()).toBe("login: ");
});
