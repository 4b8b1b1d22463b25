import { withExamples, withSection } from "@confed/rcons";
import type { Command } from "commander";
import type { AgentFlags } from "../agent/run-agent.ts";
import { withDaemonFlags } from "../process/daemon-flags.ts";
import { defineUpgrade } from "./agent-upgrade.ts";
import type { Launch } from "./launch.ts";
import { defineMachineEnrolment } from "./machine-enrolment.ts";

/** `confed agent`: owns consoles, logs them, serves viewers. */
export function defineAgent(program: Command, launch: Launch): Command {
  const command = program
    .command("agent")
    .description("run an agent in the foreground: it owns consoles, logs them and serves viewers")
    .option("-c, --config <file>", "configuration with an agent section (CONFED_CONFIG)")
    .option(
      "--shards <count>",
      "processes that share the consoles: a number or auto, one for each processor (agent.shards; 1)",
    )
    .option("--insecure-listen", "listen beyond this host without TLS: whoever reaches it may do everything")
    .action(async (flags: AgentFlags) => {
      await launch(async (world) => {
        const { runAgent } = await import("../agent/run-agent.ts");
        return runAgent(world, flags);
      });
    });
  withDaemonFlags(command);
  defineUpgrade(command, launch);
  defineMachineEnrolment(command, "agent", launch);
  withSection(command, {
    title: "Signals",
    lines: [
      "SIGTERM, SIGINT  end in order: viewers are told, logs written; a second one ends at once",
      "SIGUSR1, SIGHUP  open the console logs anew by name, after logrotate has moved them",
      "SIGHUP           read the configuration again as well, as `confed reload` does",
    ],
  });
  return withExamples(command, [
    { line: "confed agent --config /etc/confed/agent.yaml", does: "run it" },
    { line: "confed agent --config /etc/confed/agent.yaml --shards auto", does: "use every processor" },
    { line: "confed check /etc/confed/agent.yaml", does: "look at the file first" },
    { line: "confed agent upgrade", does: "let the program as installed now take over" },
  ]);
}
