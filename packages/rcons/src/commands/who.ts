import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { withRangeFiles } from "../list/range-files.ts";
import { targetsOf } from "../route/targets.ts";
import { type Launch, targetOptionsOf } from "./launch.ts";

/** `rcons who`. */
export function defineWho(program: Command, launch: Launch): Command {
  const command = program
    .command("who")
    .description("who is attached to which console")
    .argument("[selection]", "which consoles; all if left out", "")
    .option("--json", "one JSON object a line")
    .action(async (selection: string, flags: { readonly json?: true }, self: Command) => {
      await launch(async (world) => {
        const targets = targetsOf(targetOptionsOf(self), world.env);
        const { runWho } = await import("../list/run-list.ts");
        return runWho(world, { targets, selection: withRangeFiles(selection), json: flags.json === true });
      });
    });
  return withExamples(command, [
    { line: "rcons who", does: "everybody" },
    { line: "rcons who @compute", does: "at the consoles of a group" },
  ]);
}
