// What a real terminal (tmux) makes of hostile consoles, before and behind the filter.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TerminalFilter } from "@confed/codecs";
import { HOSTILE_SEQUENCES, TmuxPane } from "@confed/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

const withoutTmux = spawnSync("tmux", ["-V"]).error !== undefined;

/** Shows a file raw, then writes down what the terminal sends until somebody types "@end". */
const SHOW = `
const { readFileSync, writeFileSync, writeSync } = require("node:fs");
process.stdin.setRawMode(true);
let typed = "";
process.stdin.on("data", (data) => {
  typed += data.toString("latin1");
  if (!typed.includes("@end")) return;
  writeFileSync("typed", typed.slice(0, typed.indexOf("@end")), "latin1");
  process.stdin.setRawMode(false);
  process.exit(0);
});
writeSync(1, readFileSync(process.argv[2]));
writeSync(1, "\\x18\\x1b\\\\\\x1bc@shown");
`;

let folder: string;
let pane: TmuxPane;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "terminal-answers-"));
  writeFileSync(join(folder, "show.cjs"), SHOW);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  pane = await TmuxPane.start({ columns: 100, rows: 30, cwd: folder, env: { HOME: folder } });
  // As careless as it can be.
  await pane.command("set -s set-clipboard on");
  await pane.command("set -g allow-rename on");
  await pane.command("set -g allow-passthrough on");
  await pane.command("select-pane -T untouched");
  await pane.command("rename-window untouched");
});

afterEach(async () => {
  await pane.close();
});

interface Harm {
  readonly typed: string;
  readonly names: readonly string[];
  readonly clipboard: readonly string[];
}

async function show(pieces: readonly Uint8Array[]): Promise<Harm> {
  writeFileSync(join(folder, "shown"), Buffer.concat(pieces));
  pane.mark();
  await pane.type(`${process.execPath} show.cjs shown; echo "exit"=$?\r`);
  // tmux answers as it reads: when it has this, its answers are before whatever is typed next.
  await pane.until(() => pane.output.split("@shown").length > 1);
  await pane.type("@end");
  expect(await pane.exitCode()).toBe(0);
  return {
    typed: readFileSync(join(folder, "typed"), "latin1"),
    names: await pane.command("display-message -p '#{pane_title} #{window_name}'"),
    clipboard: await pane.command("list-buffers"),
  };
}

const corpus = (filter: (data: Uint8Array) => Uint8Array) =>
  HOSTILE_SEQUENCES.flatMap(({ bytes }) => [
    filter(Buffer.from(bytes, "latin1")),
    filter(Buffer.from("\r\n")),
  ]);

describe.skipIf(withoutTmux)("a real terminal", () => {
  test("is asked nothing, renamed and given no clipboard by hostile consoles that a spy looks at", async () => {
    const filter = new TerminalFilter();
    const harm = await show(corpus((data) => filter.filter(data, { answers: false })));
    expect(harm).toEqual({ typed: "", names: ["untouched untouched"], clipboard: [] });
  });

  test("answers the writer's questions and nothing else", async () => {
    const filter = new TerminalFilter();
    const { typed, ...harm } = await show(corpus((data) => filter.filter(data, { answers: true })));
    expect(harm).toEqual({ names: ["untouched untouched"], clipboard: [] });
    // Attributes, positions, states of modes, and the version, which is a string of tmux's own.
    const answers = /^(?:\x1b\[[?>]?[0-9;]*(?:c|n|R|\$y)|\x1bP>\|tmux [0-9a-z.]+\x1b\\)+$/;
    expect(typed).toMatch(answers);
  });

  test("does it all where nothing filters", async () => {
    const harm = await show(corpus((data) => data));
    expect(harm.typed).not.toBe("");
    expect(harm.names).not.toEqual(["untouched untouched"]);
    expect(harm.clipboard).not.toEqual([]);
  });
});
