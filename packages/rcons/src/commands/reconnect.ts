import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { withRangeFiles } from "../list/range-files.ts";
import { targetsOf } from "../route/targets.ts";
import { type Launch, targetOptionsOf } from "./launch.ts";

/** `rcons reconnect`. */
export function defineReconnect(program: Command, launch: Launch): Command {
  const command = program
    .command("reconnect")
    .description("drop the links of consoles and open them again now")
    .argument("<selection>", "which consoles")
    .option("--json", "one JSON object a line")
    .action(async (selection: string, flags: { readonly json?: true }, self: Command) => {
      await launch(async (world) => {
        const targets = targetsOf(targetOptionsOf(self), world.env);
        const { runReconnect } = await import("../list/run-reconnect.ts");
        return runReconnect(world, {
          targets,
          selection: withRangeFiles(selection),
          json: flags.json === true,
        });
      });
    });
  return withExamples(command, [
    { line: "rcons reconnect n0001", does: "one console" },
    { line: "rcons reconnect rack=r1", does: "a whole rack" },
  ]);
}
