import { withExamples, withSection } from "@confed/rcons";
import type { Command } from "commander";
import { AGENT_OF_THIS_HOST } from "../agent/agent-targets.ts";
import type { ReloadFlags } from "../reload/run-reload.ts";
import type { Launch } from "./launch.ts";

/** `confed reload`: an agent reads its configuration again. */
export function defineReload(program: Command, launch: Launch): Command {
  const command = program
    .command("reload")
    .description("let an agent read its configuration again and change what differs, and nothing else")
    .option("--agent <address>", `which agent (${AGENT_OF_THIS_HOST})`)
    .option("--socket <path>", "an agent of this host, through its local socket")
    .option("-c, --config <file>", "the agent of this host that has this configuration")
    .option("--plan", "say what would be changed, and change nothing")
    .option("--json", "the plan as one line of JSON")
    .action(async (flags: ReloadFlags) => {
      await launch(async (world) => {
        const { runReload } = await import("../reload/run-reload.ts");
        return runReload(world, flags);
      });
    });
  withSection(command, {
    title: "What happens",
    lines: [
      "start      consoles that are new",
      "stop       consoles that are gone: their viewers are told so",
      "restart    reached in another way: the link is opened anew, log and viewers stay",
      "demand     connected on demand from now on, or no longer",
      "relabel    labels, groups, description, waiting times: no link is touched",
      "",
      "A configuration with a fault changes nothing: exit status 2, and `confed status` says so.",
      "An agent also does this at SIGHUP, and by itself when one of its files has changed.",
    ],
  });
  return withExamples(command, [
    { line: "confed reload -c /etc/confed/agent.yaml", does: "the agent of this host" },
    { line: "confed reload --plan --agent sn01:7110", does: "only look" },
  ]);
}
