import type { Command } from "commander";
import { type DaemonFlags, withDaemonFlags } from "../process/daemon-flags.ts";
import type { Launch } from "./launch.ts";

/** `confed agent-shard`: one process of `confed agent --shards`, which starts it. Not for people. */
export function defineAgentShard(program: Command, launch: Launch): Command {
  const command = program
    .command("agent-shard", { hidden: true })
    .description("one process of an agent, started by `confed agent --shards`")
    .argument("<index>", "which of them")
    .action(async (index: string, flags: DaemonFlags) => {
      await launch(async (world) => {
        const { runShard } = await import("../shards/run-shard.ts");
        return runShard(world, Number(index), flags);
      });
    });
  withDaemonFlags(command);
  return command;
}
