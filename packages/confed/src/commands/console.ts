import { withExamples, withSection } from "@confed/rcons";
import type { Command } from "commander";
import type { EditKind } from "../consoles/edit-table.ts";
import type { ConsoleFlags } from "../consoles/run-console.ts";
import type { Launch } from "./launch.ts";

/** `confed console`: consoles in the table that the agent keeps in its state directory. */
export function defineConsole(program: Command, launch: Launch): Command {
  const command = program
    .command("console")
    .description("add, edit or remove a console of an agent of this host, in the table it keeps itself");
  const run = (kind: EditKind) => async (name: string, words: readonly string[], flags: ConsoleFlags) => {
    await launch(async (world) => {
      const { runConsole } = await import("../consoles/run-console.ts");
      return runConsole(world, { kind, name, words }, flags);
    });
  };
  const config = ["-c, --config <file>", "of the agent (CONFED_CONFIG)"] as const;
  const add = command
    .command("add")
    .description("a console that no file defines")
    .argument("<name>")
    .argument("<key=value...>", "as in a console table")
    .option(...config)
    .action(run("add"));
  const edit = command
    .command("edit")
    .description("change keys of a console; KEY= takes one away")
    .argument("<name>")
    .argument("<key=value...>")
    .option(...config)
    .action(run("edit"));
  command
    .command("rm")
    .description("remove a console; its log stays")
    .argument("<name>")
    .option(...config)
    .action((name: string, flags: ConsoleFlags) => run("rm")(name, [], flags));
  for (const each of [add, edit]) {
    withSection(each, {
      title: "Values",
      lines: [
        "Numbers, true, false, and lists and mappings as JSON; everything else is text. A dot goes",
        "into a mapping: labels.rack=r1, retry.max=30s, password.env=BMC_PASSWORD.",
      ],
    });
  }
  withExamples(add, [
    { line: "confed console add n0001 transport=telnet host=10.1.0.1 port=2001", does: "a terminal server" },
    {
      line: "confed console add bmc7 transport=ssh host=bmc7 user=admin agent=true 'groups=[\"bmc\"]'",
      does: "a BMC",
    },
  ]);
  withExamples(edit, [{ line: "confed console edit n0001 port=2002 labels.rack=r2", does: "two keys" }]);
  return command;
}
