import { ConfedError, EXIT, neutralise } from "@confed/kernel";
import type { Targets } from "../route/targets.ts";
import { withPeer } from "../route/with-peer.ts";
import type { World } from "../world.ts";

/** Print whom the head takes the caller for. Rejects with "invalid_argument" for an agent, which is not asked. */
export async function runWhoAmI(world: World, targets: Targets, json: boolean): Promise<number> {
  const { subject, verbs } = await withPeer(world, targets, (peer, signal) => {
    if (peer.role === "head") return peer.client.whoAmI({}, { signal });
    throw new ConfedError("invalid_argument", "an agent is not asked who you are", {
      hint: "ask a head: --head",
    });
  });
  const text = json
    ? JSON.stringify({ subject, verbs })
    : `${neutralise(subject, 140)}: ${verbs.length === 0 ? "no role" : neutralise(verbs.join(" "))}`;
  world.stdout.write(`${text}\n`);
  return EXIT.ok;
}
