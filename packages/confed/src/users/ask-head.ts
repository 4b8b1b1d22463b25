import { join } from "node:path";
import { ConfedError } from "@confed/kernel";
import { findPeer, type TargetOptions, targetsOf } from "@confed/rcons";
import type { AdministerRequest, AdministerResponseReceived } from "@confed/wire";
import { configPathOf } from "../process/run-daemon.ts";
import type { World } from "../world.ts";

/** What all commands about users and roles take. */
export interface HeadFlags extends TargetOptions {
  readonly config?: string;
}

/**
 * Ask a head for an administrator. Without an address it is the head of this host, by the socket in its state
 * directory: whoever may open that needs no user, which is how the first one comes to be.
 */
export async function askHead(
  world: World,
  flags: HeadFlags,
  request: AdministerRequest,
): Promise<AdministerResponseReceived> {
  const targets = targetsOf(await withSocket(world, flags), world.env);
  const stop = new AbortController();
  const forget = world.onSignal("SIGINT", () => {
    stop.abort();
  });
  try {
    const peer = await findPeer(targets, { clock: world.clock, signal: stop.signal });
    try {
      if (peer.role !== "head")
        throw new ConfedError("invalid_argument", "users and roles are a head's", {
          hint: "--head or --socket .../head.sock",
        });
      return await peer.client.administer(request, { signal: stop.signal });
    } finally {
      peer.close();
    }
  } finally {
    forget();
  }
}

async function withSocket(world: World, flags: HeadFlags): Promise<TargetOptions> {
  const { head, socket, config } = flags;
  if (head !== undefined || socket !== undefined) return { head, socket };
  const [{ loadHeadConfig }, { faultLines }] = await Promise.all([
    import("@confed/config"),
    import("../process/load-or-say.ts"),
  ]);
  const path = configPathOf(config, world.env);
  const loaded = await loadHeadConfig(path);
  if (loaded.ok === undefined) {
    throw new ConfedError(
      "invalid_argument",
      `there are faults in ${path}: ${faultLines(loaded.faults).trim()}`,
      {
        subject: path,
      },
    );
  }
  return { socket: join(loaded.ok.head.stateDir, "control", "head.sock") };
}
