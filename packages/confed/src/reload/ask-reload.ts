import { findPeer, type Targets } from "@confed/rcons";
import type { ControlResponseReceived } from "@confed/wire";
import type { World } from "../world.ts";

/** Let an agent read its configuration again. Rejects with "agent_unreachable" and its like. */
export async function askReload(
  world: World,
  { targets, planOnly }: { readonly targets: Targets; readonly planOnly: boolean },
): Promise<ControlResponseReceived> {
  const stop = new AbortController();
  const forget = world.onSignal("SIGINT", () => {
    stop.abort();
  });
  try {
    const peer = await findPeer(targets, { clock: world.clock, signal: stop.signal });
    try {
      const subject = `${world.env["USER"] ?? "somebody"}, confed reload`;
      return await peer.client.control(
        { selection: "", reload: { planOnly }, subject },
        { signal: stop.signal },
      );
    } finally {
      peer.close();
    }
  } finally {
    forget();
  }
}
