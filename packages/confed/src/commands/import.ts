import { withExamples } from "@confed/rcons";
import type { Command } from "commander";
import type { ImportFlags, ImportKind } from "../imports/run-import.ts";
import type { Launch } from "./launch.ts";

/** `confed import`: what another console server was told, as native configuration. */
export function defineImport(program: Command, launch: Launch): Command {
  const command = program
    .command("import")
    .description("make native configuration of another console server's files");
  const run = (kind: ImportKind) => async (files: readonly string[], flags: ImportFlags) => {
    await launch(async (world) => {
      const { runImport } = await import("../imports/run-import.ts");
      return runImport(world, { kind, files }, flags);
    });
  };
  const to = [
    "--to <file>",
    "write it there instead of printing it; a file that is there is not touched",
  ] as const;
  const nativeIpmi = [
    "--native-ipmi",
    "consoles of ipmitool, and xCAT's cons/ipmi, speak IPMI in the agent itself",
  ] as const;
  const bmcs = [
    "--bmcs <file...>",
    "with --native-ipmi: what tabdump printed of ipmi and passwd, or lsdef, for cons/ipmi",
  ] as const;
  command
    .command("conserver.cf")
    .description("conserver's, with everything that it includes")
    .argument("[file]", "", "/etc/conserver.cf")
    .option(...to)
    .option("--report", "say what becomes of every item instead")
    .option(...nativeIpmi)
    .option(...bmcs)
    .action((file: string, flags: ImportFlags) => run("conserver")([file], flags));
  command
    .command("conman.conf")
    .description("ConMan's")
    .argument("[file]", "", "/etc/conman.conf")
    .option(...to)
    .option(...nativeIpmi)
    .action((file: string, flags: ImportFlags) => run("conman")([file], flags));
  command
    .command("xcat")
    .description("what tabdump printed of nodehm, nodelist, servicenode, ipmi and passwd, or lsdef of nodes")
    .argument("<file...>", "- is standard input")
    .option(...to)
    .option(...nativeIpmi)
    .action(run("xcat"));
  return withExamples(command, [
    {
      line: "confed import conserver.cf --to /etc/confed/agent.yaml",
      does: "comments say what had no counterpart",
    },
    {
      line: "confed import conserver.cf /etc/conserver.cf --report",
      does: "accepted, mapped, not supported, and why",
    },
    {
      line: "(tabdump nodehm; tabdump nodelist) | confed import xcat -",
      does: "all nodes that have a console",
    },
    {
      line: "confed import conserver.cf --native-ipmi --bmcs bmcs.csv",
      does: "no ipmitool process any more; bmcs.csv is what tabdump ipmi printed",
    },
  ]);
}
