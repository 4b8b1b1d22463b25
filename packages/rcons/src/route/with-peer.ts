import { ConfedError } from "@confed/kernel";
import { type EndingSignal, Interruption } from "../interruption.ts";
import type { World } from "../world.ts";
import { askPeer } from "./find-peer.ts";
import type { Peer } from "./peer.ts";
import type { Targets } from "./targets.ts";

/**
 * Ask a head (or agent) something, and leave no connection behind. SIGINT, SIGTERM and SIGHUP abort
 * the signal; the call then rejects with an {@link Interruption}.
 */
export async function withPeer<T>(
  world: World,
  targets: Targets,
  ask: (peer: Peer, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return untilInterrupted(world, (signal) =>
    askPeer(targets, { clock: world.clock, signal }, (peer) => ask(peer, signal)),
  );
}

/** Run until it is done or a signal comes; then it rejects with an {@link Interruption}. */
export async function untilInterrupted<T>(
  world: World,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const interrupted = new AbortController();
  const releases = (["SIGINT", "SIGTERM", "SIGHUP"] satisfies EndingSignal[]).map((name) =>
    world.onSignal(name, () => {
      interrupted.abort(new Interruption(name));
    }),
  );
  try {
    return await run(interrupted.signal);
  } catch (reason) {
    const error = ConfedError.from(reason);
    // A call that was aborted may say so in words of its own.
    throw interrupted.signal.aborted ? ConfedError.from(interrupted.signal.reason) : error;
  } finally {
    for (const release of releases) release();
  }
}
