import { ConfedError, EXIT } from "@confed/kernel";
import { findPeer, targetsOf } from "@confed/rcons";
import type { World } from "../world.ts";
import { upgradeLines } from "./upgrade-lines.ts";

/** What commander makes of the command line of `confed agent upgrade`. */
export interface UpgradeFlags {
  readonly agent: string;
  readonly plan?: true;
  readonly json?: true;
}

/** `confed agent upgrade`. Rejects with why the agent goes on as it was. */
export async function runUpgrade(world: World, { agent, plan, json }: UpgradeFlags): Promise<number> {
  const stop = new AbortController();
  const forget = world.onSignal("SIGINT", () => {
    stop.abort();
  });
  try {
    const peer = await findPeer(targetsOf({ agent }, world.env), { clock: world.clock, signal: stop.signal });
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
