import { expect, test } from "vitest";
import { modeLine } from "./banner.ts";
import { DEFAULT_ESCAPE } from "./escape-sequence.ts";

const context = { wallTimeMs: 0, escape: DEFAULT_ESCAPE };

test.each([
  [
    "was asked for",
    { write: false, asked: true, by: "me@here" },
    "[read-only: the keyboard is given up; ^Eca takes it again]",
  ],
  [
    "was taken",
    { write: false, asked: false, by: "bob@there" },
    "[read-only: bob@there took the keyboard; ^Ecf takes it]",
  ],
  [
    "was taken from another shell",
    { write: false, asked: false, by: "me@here" },
    "[read-only: me@here (another session of yours) took the keyboard; ^Ecf takes it]",
  ],
  [
    "was taken by nobody known",
    { write: false, asked: false, by: "" },
    "[read-only: another viewer took the keyboard; ^Ecf takes it]",
  ],
  [
    "was taken by an administrator",
    { write: false, asked: false, by: "", reason: "your access was revoked" },
    "[read-only: your access was revoked]",
  ],
  ["is ours", { write: true, asked: false, by: "me@here" }, "[you hold the keyboard]"],
])("the mode line says that the keyboard %s", (_what, change, line) => {
  expect(modeLine({ reason: "", ...change, self: "me@here" }, context)).toBe(line);
});
