import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { withRangeFiles } from "../list/range-files.ts";
import { targetsOf } from "../route/targets.ts";
import { type Launch, targetOptionsOf } from "./launch.ts";

interface ReconnectFlags {
  readonly json?: boolean;
  readonly force?: boolean;
}

/** `rcons reconnect`. */
export function defineReconnect(program: Command, launch: Launch): Command {
  const command = program
    .command("reconnect")
    .description("drop the links of consoles and open them again now")
    .argument("<selection>", "which consoles")
    .option("--force", "take Serial over LAN of a BMC from whoever has it; needs the verb force, is audited")
    .option("--json", "one JSON object a line")
    .action(async (selection: string, flags: ReconnectFlags, self: Command) => {
      await launch(async (world) => {
        const targets = targetsOf(targetOptionsOf(self), world.env);
        const { runReconnect } = await import("../list/run-reconnect.ts");
        const { json = false, force = false } = flags;
        return runReconnect(world, { targets, selection: withRangeFiles(selection), json, force });
      });
    });
  return withExamples(command, [
    { line: "rcons reconnect n0001", does: "one console" },
    { line: "rcons reconnect rack=r1", does: "a whole rack" },
    { line: "rcons reconnect --force n0001", does: "although another program has its BMC's Serial over LAN" },
  ]);
}
