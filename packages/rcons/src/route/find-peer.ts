import { type Clock, ConfedError, type HostPort, invariant } from "@confed/kernel";
import { dial, type HeadPeer, type Peer, peerFailure } from "./peer.ts";
import type { Targets } from "./targets.ts";

/** Connecting to one head or agent, its name included. Longer is not waited where another may answer. */
const DIAL_TIMEOUT_MS = 3_000;

/** The agent, or the first head that answers. Rejects with the last one's reason. */
export async function findPeer(
  targets: Targets,
  options: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Peer> {
  const { identity } = targets;
  if (targets.kind === "agent")
    return dial("agent", targets.agent, { ...options, identity, timeoutMs: DIAL_TIMEOUT_MS });
  try {
    return await eachHead(targets, options, (head) => Promise.resolve(head));
  } catch (reason) {
    const local = withoutHeads(targets, reason);
    if (local === undefined) throw reason;
    return dial("agent", local, { ...options, timeoutMs: DIAL_TIMEOUT_MS });
  }
}

/** The agent of this host, where no head can be reached; undefined: there is none, or that is not what is wrong. */
export function withoutHeads(targets: Targets & { kind: "heads" }, reason: unknown): HostPort | undefined {
  return ConfedError.from(reason).code === "head_unreachable" ? targets.local?.() : undefined;
}

/**
 * Do something with the first head that can be reached; the next one is asked when it cannot, or
 * when it goes away before it has answered. The head that answered is left open, for `ask` to keep.
 */
export async function eachHead<T>(
  { heads, identity }: Targets & { kind: "heads" },
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  ask: (head: HeadPeer) => Promise<T>,
): Promise<T> {
  let failure: ConfedError | undefined;
  for (const address of heads) {
    let head: HeadPeer | undefined;
    try {
      head = await dial("head", address, { identity, clock, signal, timeoutMs: DIAL_TIMEOUT_MS });
      return await ask(head);
    } catch (reason) {
      head?.close();
      failure = head === undefined ? ConfedError.from(reason) : peerFailure(head, reason);
      if (failure.code !== "head_unreachable" && failure.code !== "deadline_exceeded") throw failure;
    }
  }
  invariant(failure !== undefined, "there is at least one head");
  throw failure;
}
