import type { Command } from "commander";
import { targetsOf } from "../route/targets.ts";
import { type Launch, targetOptionsOf } from "./launch.ts";

/** `rcons __complete`: names of consoles that begin so, for completion scripts. Not in any help. */
export function defineComplete(program: Command, launch: Launch): Command {
  return program
    .command("__complete", { hidden: true })
    .argument("[prefix]", "what was typed", "")
    .action(async (prefix: string, _flags: unknown, self: Command) => {
      await launch(async (world) => {
        const targets = targetsOf(targetOptionsOf(self), world.env);
        const { runComplete } = await import("../list/run-complete.ts");
        return runComplete(world, { targets, prefix });
      });
    });
}
