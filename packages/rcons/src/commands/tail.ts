import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { withRangeFiles } from "../list/range-files.ts";
import { targetsOf } from "../route/targets.ts";
import { type Launch, targetOptionsOf } from "./launch.ts";

/** `rcons tail`. */
export function defineTail(program: Command, launch: Launch): Command {
  const command = program
    .command("tail")
    .description("what many consoles print from now on, line by line with their names")
    .argument("<selection>", "which consoles")
    .option("--no-prefix", "lines without the console's name")
    .action(async (selection: string, { prefix }: { readonly prefix: boolean }, self: Command) => {
      await launch(async (world) => {
        const targets = targetsOf(targetOptionsOf(self), world.env);
        const { runTail } = await import("../tail/run-tail.ts");
        return runTail(world, { targets, selection: withRangeFiles(selection), prefix });
      });
    });
  return withExamples(command, [
    { line: "rcons tail @compute", does: "everything the group prints" },
    { line: "rcons tail 'n*' | grep -i panic", does: "look for a word in all of it" },
  ]);
}
