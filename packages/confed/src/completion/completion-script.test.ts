import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { buildProgram } from "../program.ts";
import { completionScript, SHELLS } from "./completion-script.ts";

const program = buildProgram(async () => undefined);

/** What bash offers after these words, the last of which is being typed. */
function offered(...words: readonly string[]): readonly string[] {
  const script = `${completionScript(program, "bash")}
    COMP_WORDS=(confed "$@"); COMP_CWORD=$#; _confed; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync("bash", ["-c", script, "bash", ...words], { encoding: "utf8" });
  return text.split("\n").filter((word) => word !== "");
}

describe.skipIf(!existsSync("/bin/bash"))("the completion of bash", () => {
  test("offers commands, those below commands, and options", () => {
    expect(offered("st")).toEqual(["status"]);
    expect(offered("hostkeys", "")).toContain("scan");
    expect(offered("hostkeys", "scan", "--acc")).toEqual(["--accept"]);
    expect(offered("up", "--p")).toEqual(["--port"]);
    expect(offered("agent", "--config", "x.yaml", "--log-f")).toEqual(["--log-format"]);
  });

  test("offers the choices of an option after it", () => {
    expect(offered("agent", "--log-format", "")).toEqual(["text", "json"]);
  });

  test("offers no word where a file is named", () => {
    expect(offered("agent", "--config", "")).toEqual([]);
  });

  test("does not offer what is hidden", () => {
    expect(offered("agent", "--until")).toEqual([]);
  });
});

test.each(SHELLS)("the completion of %s names every command that people give", (shell) => {
  const script = completionScript(program, shell);
  const commands = program.createHelp().visibleCommands(program);
  for (const command of commands) expect(script).toContain(command.name());
});

test("a description cannot end the quotes it stands in", () => {
  const tricky = new Command("confed").description("x");
  tricky.command("a").description("don't; rm -rf \\");
  expect(completionScript(tricky, "fish")).toContain("-d 'don\\'t; rm -rf \\\\'");
});
