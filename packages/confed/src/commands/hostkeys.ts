import { withExamples } from "@confed/rcons";
import type { Command } from "commander";
import type { ScanFlags } from "../hostkeys/run-scan.ts";
import type { Launch } from "./launch.ts";

/** `confed hostkeys`: what ssh consoles must show. */
export function defineHostkeys(program: Command, launch: Launch): Command {
  const command = program.command("hostkeys").description("host keys of ssh consoles");
  const scan = command
    .command("scan")
    .description("ask ssh consoles for their host keys and print the fingerprints; --accept takes them down")
    .argument("<selection>", "consoles: n0001,n[02-20],@group,rack=r1,*")
    .option("-c, --config <file>", "of the agent that owns them (CONFED_CONFIG)")
    .option("--accept", "add keys that are not known yet; do it only when you have compared them")
    .option("--known-hosts <file>", "look and add there, not in the file that each console uses")
    .action(async (selection: string, flags: ScanFlags) => {
      await launch(async (world) => {
        const { runScan } = await import("../hostkeys/run-scan.ts");
        return runScan(world, selection, flags);
      });
    });
  withExamples(scan, [
    { line: "confed hostkeys scan 'bmc[1-20]' --config agent.yaml", does: "look" },
    {
      line: "confed hostkeys scan 'bmc[1-20]' --config agent.yaml --accept",
      does: "and trust them from now on",
    },
  ]);
  return command;
}
