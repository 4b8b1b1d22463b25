import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfedRun, RconsRun, runConfed } from "@confed/testkit";
import { expect, test } from "vitest";

// README.md is held against what there is. A `console` block holds commands after `$ ` and what they
// print; `...` stands for anything, numbers and times are not compared. A `yaml` block must be without
// fault. What is not run says why, in a comment before it.

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

/** No command of a tour takes longer. */
const COMMAND_MS_MAX = 30_000;

interface Block {
  readonly kind: string;
  readonly text: string;
  readonly excused: boolean;
}

const blocks: readonly Block[] = [
  ...readme.matchAll(/(<!-- not run here: [^>]+ -->\n)?^```(\w*)\n([^]*?)^```$/gm),
].map(([, excuse, kind = "", text = ""]) => ({ kind, text, excused: excuse !== undefined }));

/** The commands of a block, each with the lines that follow it. */
function commandsOf(
  text: string,
): readonly { readonly command: string; readonly printed: readonly string[] }[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = "", ...printed] = part.trimEnd().split("\n");
      return { command, printed };
    });
}

/** Numbers, times and log ids as `#`, so that two runs can be compared. */
function blurred(text: string): string {
  return text.replace(/\b[0-9a-f]{16}\b|\d[\d,]*/g, "#");
}

test("every block of the README is run, checked, or says why not", () => {
  for (const { kind, text, excused } of blocks) {
    expect([kind, excused, text.split("\n")[0]]).toEqual([
      expect.stringMatching(/^(console|yaml|sh)$/),
      kind === "sh",
      expect.any(String),
    ]);
  }
  expect(
    blocks.filter(({ kind }) => kind === "console").flatMap(({ text }) => commandsOf(text)).length,
  ).toBeGreaterThan(10);
});

test("every command of the README's tour does what it shows", async () => {
  const dir = mkdtempSync(join(tmpdir(), "confed-readme-"));
  try {
    const up = new ConfedRun(["up", "--port", "0", "--dir", dir]);
    const [, head = ""] = await up.printed(/^ {2}head {2}(\S+)$/m);
    await up.printed(/Ctrl-C ends all of it/);
    // The tour comes to a machine that has booted.
    const visit = new RconsRun(["--head", head, "n0001"]);
    await visit.type("\r");
    await visit.printed("login: ");
    await visit.kill();

    const env = {
      ...process.env,
      PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`,
      CONFED_HEAD: head,
      UP: dir,
    };
    for (const { command, printed } of blocks
      .filter(({ kind }) => kind === "console")
      .flatMap(({ text }) => commandsOf(text))) {
      const { status, stdout, stderr } = spawnSync("bash", ["-c", command], {
        env,
        encoding: "utf8",
        input: "",
        timeout: COMMAND_MS_MAX,
      });
      expect({ command, status, stderr: status === 0 ? "" : stderr }).toEqual({
        command,
        status: 0,
        stderr: "",
      });
      const shown = blurred(stdout);
      for (const words of printed.flatMap((line) => line.split(/\.\.\.|\s+/))) {
        expect(shown, `${command} prints ${words}`).toContain(blurred(words));
      }
    }
    up.signal("SIGINT");
    expect(await up.exited).toBe(0);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test("every configuration in the README is without fault", async () => {
  const dir = mkdtempSync(join(tmpdir(), "confed-readme-"));
  try {
    const files = blocks.filter(({ kind }) => kind === "yaml");
    expect(files.length).toBeGreaterThan(1);
    for (const { text } of files) {
      const path = join(dir, "c.yaml");
      writeFileSync(path, text);
      expect(await runConfed(["check", path])).toMatchObject({ status: 0, stderr: "" });
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test("the README's table of exit codes is that of the kernel", async () => {
  const { EXIT } = await import("@confed/kernel");
  const [, section = ""] = readme.split("\n## Exit codes\n");
  const [table = ""] = section.split("\n## ");
  const shown = [...table.matchAll(/\| (\d+) \| [^|]+/g)].map(([, code]) => Number(code));
  expect(shown.filter((code) => code !== 70).sort((a, b) => a - b)).toEqual(
    Object.values(EXIT).sort((a, b) => a - b),
  );
});
