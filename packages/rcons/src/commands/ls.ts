import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { withRangeFiles } from "../list/range-files.ts";
import { targetsOf } from "../route/targets.ts";
import { type Launch, targetOptionsOf } from "./launch.ts";

/** `rcons ls`. */
export function defineLs(program: Command, launch: Launch): Command {
  const command = program
    .command("ls")
    .description("list consoles: state, owner, since when, viewers (w: keyboard is held), cause")
    .argument(
      "[selection]",
      "which consoles: names, n[01-20], n*, @group, label=value; -term takes away; or an xCAT noderange",
      "",
    )
    .option("--state <states>", "only these: connected, waiting, ... or up, down; several with commas")
    .option("--json", "one JSON object a line")
    .action(
      async (selection: string, flags: { readonly state?: string; readonly json?: true }, self: Command) => {
        await launch(async (world) => {
          const { parseStates } = await import("../list/state-filter.ts");
          const { runList } = await import("../list/run-list.ts");
          const targets = targetsOf(targetOptionsOf(self), world.env);
          const states = flags.state === undefined ? [] : parseStates(flags.state);
          return runList(world, {
            targets,
            selection: withRangeFiles(selection),
            states,
            json: flags.json === true,
          });
        });
      },
    );
  return withExamples(command, [
    { line: "rcons ls", does: "all consoles" },
    { line: "rcons ls '@compute,-n7'", does: "a group without one of its members" },
    { line: "rcons ls '(rack1,rack2)@odd,-n03-n05'", does: "a noderange, as xCAT's commands take it" },
    { line: "rcons ls 'n[01-20]' --state down", does: "those that have no link now, and why" },
    { line: "rcons ls --json rack=r1", does: "for scripts" },
  ]);
}
