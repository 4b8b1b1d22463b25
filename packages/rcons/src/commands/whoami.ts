import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { targetsOf } from "../route/targets.ts";
import { type Launch, targetOptionsOf } from "./launch.ts";

/** `rcons whoami`. */
export function defineWhoAmI(program: Command, launch: Launch): Command {
  const command = program
    .command("whoami")
    .description("who the head takes you for, and what you may do")
    .option("--json", "one JSON object")
    .action(async (flags: { readonly json?: true }, self: Command) => {
      await launch(async (world) => {
        const targets = targetsOf(targetOptionsOf(self), world.env);
        const { runWhoAmI } = await import("../users/run-whoami.ts");
        return runWhoAmI(world, targets, flags.json === true);
      });
    });
  return withExamples(command, [{ line: "rcons whoami", does: "your name, and what you may do at all" }]);
}
