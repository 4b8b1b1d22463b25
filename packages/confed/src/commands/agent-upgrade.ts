import { withExamples, withSection } from "@confed/rcons";
import type { Command } from "commander";
import { AGENT_OF_THIS_HOST } from "../agent/agent-targets.ts";
import type { UpgradeFlags } from "../agent/run-upgrade.ts";
import type { Launch } from "./launch.ts";

/** `confed agent upgrade`: a newer process takes an agent's consoles over, with their links. */
export function defineUpgrade(agent: Command, launch: Launch): Command {
  const command = agent
    .command("upgrade")
    .description("let the program as it is installed now take over from an agent that runs, links and all")
    .option("--agent <address>", `which agent (${AGENT_OF_THIS_HOST})`)
    .option("--socket <path>", "an agent of this host, through its local socket")
    .option("-c, --config <file>", "the agent of this host that has this configuration")
    .option("--plan", "say which links would be kept, and do nothing")
    .option("--json", "the answer as one line of JSON")
    .action(async (flags: UpgradeFlags) => {
      await launch(async (world) => {
        const { runUpgrade } = await import("../agent/run-upgrade.ts");
        return runUpgrade(world, flags);
      });
    });
  withSection(command, {
    title: "What happens",
    lines: [
      "The agent starts its successor with the arguments it was started with. That one reads the",
      "configuration; if it is sound, the old one stops reading, closes its logs and hands over.",
      "tcp, telnet and unix links stay open and lose nothing; exec, serial and ssh are opened anew.",
      "Viewers come back by themselves. If the new process fails, the old one goes on.",
      "The process has another pid afterwards; under systemd it is told so: NotifyAccess=all.",
    ],
  });
  return withExamples(command, [
    { line: "confed agent upgrade --plan", does: "which links would be kept" },
    { line: "confed agent upgrade -c /etc/confed/agent.yaml", does: "do it, by the agent's control socket" },
  ]);
}
