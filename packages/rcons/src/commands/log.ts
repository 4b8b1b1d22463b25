import { ConfedError, checkName } from "@confed/kernel";
import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { targetsOf } from "../route/targets.ts";
import { type Launch, targetOptionsOf } from "./launch.ts";

interface LogFlags {
  readonly lines?: string;
  readonly since?: string;
  readonly until?: string;
  readonly follow?: true;
  readonly timestamps?: true;
  readonly raw?: true;
}

/** `rcons log`. */
export function defineLog(program: Command, launch: Launch): Command {
  const command = program
    .command("log")
    .description("what a console has printed; to a terminal control characters are shown, not sent")
    .argument("<node>", "name of the console")
    .option("-n, --lines <number>", "the last lines only")
    .option("--since <time>", "from then on: 10m ago, 10:32, 2026-11-21 10:32")
    .option("--until <time>", "up to then")
    .option("-F, --follow", "go on with what is printed from now on")
    .option("-t, --timestamps", "begin each line with its time, as the agent noted it")
    .option("--raw", "every byte as it is, to a terminal too; to a pipe it is so in any case")
    .action(async (node: string, flags: LogFlags, self: Command) => {
      await launch(async (world) => {
        const { parseWallTimeMs } = await import("../render/wall-time.ts");
        const nowMs = world.clock.wallTimeMs();
        const timeOf = (text: string | undefined) =>
          text === undefined ? undefined : parseWallTimeMs(text, nowMs);
        if (flags.lines !== undefined && flags.since !== undefined) throw excluding("--lines", "--since");
        if (flags.until !== undefined && flags.follow === true) throw excluding("--until", "--follow");
        const lines = flags.lines === undefined ? undefined : lineCount(flags.lines);
        if (lines === 0 && flags.follow !== true) throw nothingToShow();
        const options = {
          targets: targetsOf(targetOptionsOf(self), world.env),
          console: checkName(node),
          lines,
          sinceMs: timeOf(flags.since),
          untilMs: timeOf(flags.until),
          follow: flags.follow === true,
          timestamps: flags.timestamps === true,
          raw: flags.raw === true,
        };
        const { runLog } = await import("../log/run-log.ts");
        return runLog(world, options);
      });
    });
  return withExamples(command, [
    { line: "rcons log n0001 --lines 100", does: "the last hundred lines" },
    { line: "rcons log n0001 --since 10m -t", does: "the last ten minutes, with times" },
    { line: "rcons log n0001 --since 10:00 --until 10:30 > boot.log", does: "half an hour, byte for byte" },
    { line: "rcons log n0001 -n 20 -F", does: "the last lines, and on" },
  ]);
}

function lineCount(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new ConfedError("invalid_argument", `"${text.slice(0, 40)}" is not a number of lines`, {
    subject: "--lines",
    hint: "1 to 9999999, and 0 with --follow",
  });
}

function nothingToShow(): ConfedError {
  return new ConfedError("invalid_argument", "0 lines are nothing to show", {
    subject: "--lines",
    hint: "with --follow it shows what is printed from now on",
  });
}

function excluding(one: string, other: string): ConfedError {
  return new ConfedError("invalid_argument", `${one} and ${other} exclude each other`);
}
