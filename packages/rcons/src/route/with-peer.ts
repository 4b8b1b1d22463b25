import { ConfedError } from "@confed/kernel";
import type { World } from "../world.ts";
import { findPeer } from "./find-peer.ts";
import type { Peer } from "./peer.ts";
import type { Targets } from "./targets.ts";

/**
 * Ask a head (or agent) something, and leave no connection behind. SIGINT and SIGTERM abort the
 * signal; the call then rejects with "canceled".
 */
export async function withPeer<T>(
  world: World,
  targets: Targets,
  ask: (peer: Peer, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return untilInterrupted(world, async (signal) => {
    const peer = await findPeer(targets, { clock: world.clock, signal });
    try {
      return await ask(peer, signal);
    } finally {
      peer.close();
    }
  });
}

/** Run until it is done or a signal comes. */
export async function untilInterrupted<T>(
  world: World,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const interrupted = new AbortController();
  const releases = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((name) =>
    world.onSignal(name, () => {
      interrupted.abort(new ConfedError("canceled", "interrupted"));
    }),
  );
  try {
    return await run(interrupted.signal);
  } finally {
    for (const release of releases) release();
  }
}
