import { ConfedError, EXIT } from "@confed/kernel";
import { findPeer } from "@confed/rcons";
import type { World } from "../world.ts";
import { type AgentOptions, agentTargets } from "./agent-targets.ts";
import { upgradeLines } from "./upgrade-lines.ts";

/** What commander makes of the command line of `confed agent upgrade`. */
export interface UpgradeFlags extends AgentOptions {
  readonly plan?: true;
  readonly json?: true;
}

/** `confed agent upgrade`. Rejects with why the agent goes on as it was. */
export async function runUpgrade(world: World, { plan, json, ...options }: UpgradeFlags): Promise<number> {
  const stop = new AbortController();
  const forget = world.onSignal("SIGINT", () => {
    stop.abort();
  });
  try {
    const peer = await findPeer(await agentTargets(options, world), {
      clock: world.clock,
      signal: stop.signal,
    });
    try {
      if (peer.role !== "agent") {
        throw new ConfedError("invalid_argument", `${peer.address} is a head`, {
          subject: "--agent",
          hint: "`confed status` there names its agents and their addresses",
        });
      }
      const subject = `${world.env["USER"] ?? "somebody"}, confed agent upgrade`;
      const request = { planOnly: plan === true, subject };
      const answer = await peer.client.upgrade(request, { signal: stop.signal });
      const lines = json === true ? [JSON.stringify(answer)] : upgradeLines(answer);
      world.stdout.write(`${lines.join("\n")}\n`);
      return EXIT.ok;
    } finally {
      peer.close();
    }
  } finally {
    forget();
  }
}
