import { withExamples, withSection } from "@confed/rcons";
import type { Command } from "commander";
import type { EditKind } from "../consoles/edit-table.ts";
import type { ConsoleFlags } from "../consoles/run-console.ts";
import type { ListFlags } from "../consoles/run-console-list.ts";
import type { Launch } from "./launch.ts";

/** `confed console`: what consoles there are, by the word of a head, or of an agent of this host. */
export function defineConsole(program: Command, launch: Launch): Command {
  const command = program
    .command("console")
    .description(
      "add, edit, remove or move consoles: at a head, for its agents, or at the agent of this host",
    );
  const run = (kind: EditKind) => async (name: string, words: readonly string[], flags: ConsoleFlags) => {
    await launch(async (world) => {
      const { runConsole } = await import("../consoles/run-console.ts");
      return runConsole(world, { kind, name, words }, flags);
    });
  };
  const config = ["-c, --config <file>", "of the head or the agent of this host (CONFED_CONFIG)"] as const;
  const head = [
    "--head <addresses>",
    "host:port[,host:port...] of a head; without it, what --config says",
  ] as const;
  const socket = ["--socket <path>", "a local socket of a head"] as const;
  const add = command
    .command("add")
    .description("a console that no file defines")
    .argument("<name>")
    .argument("<key=value...>", "as in a console table")
    .option("--agent <name>", "whose it is to be: the head assigns it")
    .option(...head)
    .option(...socket)
    .option(...config)
    .action(run("add"));
  const edit = command
    .command("edit")
    .description("change keys of a console; KEY= takes one away")
    .argument("<name>")
    .argument("<key=value...>")
    .option(...head)
    .option(...socket)
    .option(...config)
    .action(run("edit"));
  command
    .command("rm")
    .description("remove a console; its log stays")
    .argument("<name>", "at a head, a selection")
    .option(...head)
    .option(...socket)
    .option(...config)
    .action((name: string, flags: ConsoleFlags) => run("rm")(name, [], flags));
  const move = command
    .command("move")
    .description("give consoles that a head assigns to another agent, when the one that has them lets go")
    .argument("<selection>")
    .argument("<agent>")
    .option("--force", "the agent that has them is dead: do not wait, take the recorded claim from it")
    .option(...head)
    .option(...socket)
    .option(...config)
    .action(async (consoles: string, to: string, flags: ConsoleFlags) => {
      await launch(async (world) => {
        const { runMove } = await import("../consoles/run-assignment.ts");
        return runMove(world, { consoles, to }, flags);
      });
    });
  withSection(move, {
    title: "By force",
    lines: [
      "An agent that is cut off and lives goes on with its consoles until it hears of this: two would",
      "talk to one device. Make sure that it is dead. Each use is an alarm in the audit.",
    ],
  });
  command
    .command("ls")
    .description("who has which console, by whose word, and what keeps it from being so")
    .argument("[selection]")
    .option("--json", "one line of JSON each")
    .option(...head)
    .option(...socket)
    .option(...config)
    .action(async (selection: string | undefined, flags: ListFlags) => {
      await launch(async (world) => {
        const { runConsoleList } = await import("../consoles/run-console-list.ts");
        return runConsoleList(world, selection ?? "", flags);
      });
    });
  command
    .command("show")
    .description("how a console is defined, for whom, and whose it is")
    .argument("<name>")
    .option("--json", "as one line of JSON")
    .option(...head)
    .option(...socket)
    .option(...config)
    .action(async (name: string, flags: ListFlags) => {
      await launch(async (world) => {
        const { runConsoleShow } = await import("../consoles/run-console-list.ts");
        return runConsoleShow(world, name, flags);
      });
    });
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
      line: "confed console add n0001 --agent sn01 transport=telnet host=10.1.0.1 port=2001",
      does: "the same, assigned to sn01 by the head",
    },
    {
      line: "confed console add bmc7 transport=ssh host=bmc7 user=admin agent=true 'groups=[\"bmc\"]'",
      does: "a BMC",
    },
  ]);
  withExamples(edit, [{ line: "confed console edit n0001 port=2002 labels.rack=r2", does: "two keys" }]);
  withExamples(move, [
    { line: "confed console move 'n[0001-0100]' sn02", does: "live: sn01 lets go, then sn02 has them" },
    { line: "confed console move rack=r7 sn02 --force", does: "their agent burnt down" },
  ]);
  return command;
}
