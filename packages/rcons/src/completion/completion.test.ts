import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildProgram } from "../program.ts";
import { completionScript } from "./completion-script.ts";

let folder: string;
const program = buildProgram(async () => undefined);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rcons-completion-"));
  // Stands for rcons: what the script asks it, and two names of consoles for an answer.
  writeFileSync(join(folder, "rcons"), '#!/bin/sh\necho "$@" >> "$0.asked"\necho n0001\necho n0002\n', {
    mode: 0o755,
  });
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What bash offers for a line that ends at the cursor. */
function bash(...words: readonly string[]): readonly string[] {
  const script = `${completionScript(program, "bash")}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _rcons; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["--norc", "--noprofile", "-c", script], {
    env: { PATH: `${folder}:/usr/bin:/bin` },
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

test("bash completes consoles and commands first", () => {
  expect(bash("rcons", "n")).toEqual(["n0001", "n0002"]);
  expect(bash("rcons", "l")).toEqual(["ls", "log", "login", "logout"]);
  expect(bash("rcons", "--he")).toEqual(["--head", "--help"]);
});

test("bash completes what a command takes", () => {
  expect(bash("rcons", "info", "n")).toEqual(["n0001", "n0002"]);
  expect(bash("rcons", "log", "n0001", "--ti")).toEqual(["--timestamps"]);
  expect(bash("rcons", "completion", "")).toEqual(["bash", "zsh", "fish"]);
  expect(bash("rcons", "attach", "--route", "r")).toEqual(["relay"]);
  expect(bash("rcons", "n0001", "--fo")).toEqual(["--force"]);
});

test("bash asks the head that the line names", () => {
  expect(bash("rcons", "--head", "h1:7100", "ls", "n")).toEqual(["n0001", "n0002"]);
  const asked = spawnSync("tail", ["-n1", join(folder, "rcons.asked")], { encoding: "utf8" }).stdout;
  expect(asked.trim()).toBe("--head h1:7100 __complete -- n");
});

test.each([
  ["bash", ["bash", "-n"]],
  ["zsh", ["zsh", "-n"]],
  ["fish", ["fish", "--no-execute"]],
] as const)("the script for %s is that shell's language", (shell, [interpreter, option]) => {
  const script = completionScript(program, shell);
  for (const command of ["ls", "info", "who", "log", "tail", "send", "reconnect"])
    expect(script).toContain(command);
  expect(script).not.toContain("__complete)");
  const file = join(folder, shell);
  writeFileSync(file, script);
  const { status, stderr, error } = spawnSync(interpreter, [option, file], { encoding: "utf8" });
  // Where the shell is not installed only the text itself can be looked at.
  if (error === undefined) expect([status, stderr]).toEqual([0, ""]);
});
