import { expect, test } from "vitest";
import { ModeWatch } from "./mode-watch.ts";

test.each([
  ["nothing", "plain text\r\n", "", ""],
  ["the alternate screen", "\x1b[?1049h", "\x1b[?1049l", "\x1b[?1049h"],
  [
    "several modes at once",
    "\x1b[?1000;1006;2004h",
    "\x1b[?1000l\x1b[?1006l\x1b[?2004l",
    "\x1b[?1000h\x1b[?1006h\x1b[?2004h",
  ],
  ["a mode that was left again", "\x1b[?2004h$ \x1b[?2004l", "", ""],
  ["a hidden cursor", "\x1b[?25l", "\x1b[?25h", "\x1b[?25l"],
  ["the application keypad", "\x1b[?1h\x1b=", "\x1b[?1l\x1b>", "\x1b[?1h\x1b="],
  ["colours", "\x1b[31mred", "\x1b[0m", ""],
  ["a full reset", "\x1b[?1049h\x1b=\x1b[1m\x1bc", "", ""],
  [
    "insert mode, margins and a form of the cursor",
    "\x1b[4h\x1b[2;5r\x1b[3 q",
    "\x1b[4l\x1b7\x1b[r\x1b8\x1b[0 q",
    "",
  ],
  ["margins that were undone", "\x1b[4h\x1b[2;5r\x1b[r\x1b[4l", "", ""],
  ["line drawing", "\x1b(0lqqk", "\x1b(B\x0f", ""],
  ["lines that do not wrap", "\x1b[?7l", "\x1b[?7h", "\x1b[?7l"],
  ["modes of no interest", "\x1b[?7h\x1b[20h\x1b[2J\x1b(B", "", ""],
  ["garbage", "\x1b[?".padEnd(500, "1") + "h\x1b\x1b[?1049h", "\x1b[?1049l", "\x1b[?1049h"],
])("the mode watch knows how to undo %s", (_name, output, reset, set) => {
  const whole = new ModeWatch();
  whole.see(Buffer.from(output));
  expect(whole.resetText()).toBe(reset);
  expect(whole.setText()).toBe(set);
  const bytewise = new ModeWatch();
  for (const byte of Buffer.from(output)) bytewise.see(Uint8Array.of(byte));
  expect(bytewise.resetText()).toBe(reset);
});

test("reports end once, and are not begun again", () => {
  const watch = new ModeWatch();
  watch.see(Buffer.from("\x1b[?1049h\x1b[?1000;1006;1004h"));
  expect(watch.endReports()).toBe("\x1b[?1000l\x1b[?1004l");
  expect(watch.endReports()).toBe("");
  expect(watch.setText()).toBe("\x1b[?1049h\x1b[?1006h");
});
