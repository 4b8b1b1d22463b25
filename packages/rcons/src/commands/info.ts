import { checkName } from "@confed/kernel";
import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { targetsOf } from "../route/targets.ts";
import { type Launch, targetOptionsOf } from "./launch.ts";

/** `rcons info`. */
export function defineInfo(program: Command, launch: Launch): Command {
  const command = program
    .command("info")
    .description("all that is known of one console")
    .argument("<node>", "name of the console")
    .option("--json", "as one JSON object")
    .action(async (node: string, flags: { readonly json?: true }, self: Command) => {
      await launch(async (world) => {
        const targets = targetsOf(targetOptionsOf(self), world.env);
        const console = checkName(node);
        const { runInfo } = await import("../list/run-list.ts");
        return runInfo(world, { targets, console, json: flags.json === true });
      });
    });
  return withExamples(command, [
    { line: "rcons info n0001", does: "state, cause, log, viewers" },
    { line: "rcons info n0001 --json", does: "for scripts" },
  ]);
}
