import { withExamples } from "@confed/rcons";
import type { Command } from "commander";
import type { LogsVerifyFlags } from "../logs/run-logs-verify.ts";
import type { Launch } from "./launch.ts";

/** `confed logs`: the log files of an agent of this host. */
export function defineLogs(program: Command, launch: Launch): Command {
  const logs = program.command("logs").description("look after the log files of an agent of this host");
  const command = logs
    .command("verify")
    .description("prove that logs are what their indexes say: every offset is a byte of a file, or in a gap")
    .argument("[selection]", "of consoles (all)")
    .option("-c, --config <file>", "of the agent (CONFED_CONFIG)")
    .option("--json", "a line of JSON a console")
    .action(async (selection: string | undefined, flags: LogsVerifyFlags) => {
      await launch(async (world) => {
        const { runLogsVerify } = await import("../logs/run-logs-verify.ts");
        return runLogsVerify(world, selection ?? "", flags);
      });
    });
  withExamples(command, [
    {
      line: "confed logs verify --config /etc/confed/agent.yaml",
      does: "exit status 1 if any log is not proven",
    },
    { line: "confed logs verify rack=r1 --json", does: "for scripts" },
  ]);
  return logs;
}
