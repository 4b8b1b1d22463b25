import { expect, test } from "vitest";
import { parseConsole } from "./console-table.ts";

const console = { name: "c", transport: "tcp", host: "h", port: 1 };

test("what is typed on a silent console is a line end unless said otherwise", () => {
  expect(parseConsole({ ...console, idleInput: { after: "10m" } })).toMatchObject({
    idleInput: { afterMs: 600_000, send: ["\n"] },
  });
  expect(parseConsole({ ...console, idleInput: { after: "1s", send: ["a", "\x03"] } })).toMatchObject({
    idleInput: { afterMs: 1_000, send: ["a", "\x03"] },
  });
});

test("an init command is said as an exec console's program", () => {
  expect(parseConsole({ ...console, initCommand: { argv: ["/x", "y"], user: "op" } })).toMatchObject({
    initCommand: { argv: ["/x", "y"], user: "op", env: {} },
  });
});

test.each([
  [{ idleInput: { after: "500ms" } }, "idleInput.after must be a second at least"],
  [{ idleInput: {} }, "idleInput.after must be a time up to a day, not nothing"],
  [{ idleInput: { after: "1m", send: [] } }, "idleInput.send must be what is typed, or a list of that"],
  [
    { idleInput: { after: "1m", send: ["a", ""] } },
    "idleInput.send must be what is typed, or a list of that",
  ],
  [{ idleInput: { after: "1m", text: "a" } }, 'unknown key "text" in idleInput'],
  [{ initCommand: { argv: [] } }, "initCommand.argv must begin with a program"],
  [{ initCommand: { argv: ["/x"], shell: true } }, 'unknown key "shell" in initCommand'],
])("%j is refused in words", (more, message) => {
  expect(() => parseConsole({ ...console, ...more })).toThrow(message);
});
