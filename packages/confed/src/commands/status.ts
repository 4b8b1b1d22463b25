import { EXIT } from "@confed/kernel";
import { findPeer, type TargetOptions, targetsOf, withExamples } from "@confed/rcons";
import type { Command } from "commander";
import type { World } from "../world.ts";
import type { Launch } from "./launch.ts";

interface StatusFlags extends TargetOptions {
  readonly json?: true;
}

/** `confed status`: how a head or an agent is. */
export function defineStatus(program: Command, launch: Launch): Command {
  const command = program
    .command("status")
    .description("how a head is, with its agents and consoles; with --agent, how that agent is")
    .option(
      "--head <addresses>",
      "host:port[,host:port...], the first that answers (CONFED_HEAD; 127.0.0.1:7100)",
    )
    .option("--agent <address>", "ask this agent instead")
    .option("--socket <path>", "ask a head or an agent of this host through its local socket")
    .option("--json", "everything, as one line of JSON")
    .action(async (flags: StatusFlags) => {
      await launch((world) => runStatus(world, flags));
    });
  return withExamples(command, [
    { line: "confed status", does: "the head of this host" },
    { line: "confed status --agent sn01:7110", does: "one agent, without any head" },
    { line: "confed status --json | jq .consoles", does: "for scripts" },
  ]);
}

async function runStatus(world: World, flags: StatusFlags): Promise<number> {
  const targets = targetsOf(flags, world.env);
  const stop = new AbortController();
  const forget = world.onSignal("SIGINT", () => {
    stop.abort();
  });
  try {
    const peer = await findPeer(targets, { clock: world.clock, signal: stop.signal });
    try {
      const status = await peer.client.status({}, { signal: stop.signal });
      if (flags.json === true) {
        world.stdout.write(`${JSON.stringify({ address: peer.address, ...status })}\n`);
        return EXIT.ok;
      }
      const { statusLines } = await import("./status-lines.ts");
      const lines = statusLines(status, { address: peer.address, nowMs: world.clock.wallTimeMs() });
      world.stdout.write(`${lines.join("\n")}\n`);
      return EXIT.ok;
    } finally {
      peer.close();
    }
  } finally {
    forget();
  }
}
