import { type Clock, ConfedError, type ErrorCode, type HostPort, invariant } from "@confed/kernel";
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

/**
 * Ask the agent, or the first head that can answer: one that does not know yet, or leaves it to another head, is none. Closes the
 * connection. Rejects with the reason of who answered, else as {@link findPeer}.
 */
export async function askPeer<T>(
  targets: Targets,
  options: { readonly clock: Clock; readonly signal: AbortSignal },
  ask: (peer: Peer) => Promise<T>,
): Promise<T> {
  const asked = async (peer: Peer): Promise<Answer<T>> => {
    try {
      return { value: await ask(peer) };
    } catch (reason) {
      const error = peerFailure(peer, reason);
      if (LEAVES_IT.has(error.code)) throw error;
      return { error };
    } finally {
      peer.close();
    }
  };
  const answer =
    targets.kind === "heads" && targets.heads.length > 1
      ? await eachHead(targets, options, asked).catch(async (reason: unknown) => {
          if (withoutHeads(targets, reason) === undefined) throw reason;
          return asked(await findPeer(targets, options));
        })
      : await asked(await findPeer(targets, options));
  if ("error" in answer) throw answer.error;
  return answer.value;
}

type Answer<T> = { readonly value: T } | { readonly error: ConfedError };

/** What a head says that leaves the answer to another one. */
const LEAVES_IT: ReadonlySet<ErrorCode> = new Set(["unavailable", "read_only_head"]);

/** The agent of this host, where no head can be reached; undefined: there is none, or that is not what is wrong. */
export function withoutHeads(targets: Targets & { kind: "heads" }, reason: unknown): HostPort | undefined {
  return ConfedError.from(reason).code === "head_unreachable" ? targets.local?.() : undefined;
}

/**
 * Do something with the first head that can be reached; the next one is asked when it cannot, when it goes away before it
 * has answered, or leaves it to another. The head that answered is left open, for `ask` to keep. When none did, it rejects
 * with what a head said, rather than with why another could not be reached.
 */
export async function eachHead<T>(
  { heads, identity }: Targets & { kind: "heads" },
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  ask: (head: HeadPeer) => Promise<T>,
): Promise<T> {
  let failure: ConfedError | undefined;
  let said: ConfedError | undefined;
  for (const address of heads) {
    let head: HeadPeer | undefined;
    try {
      head = await dial("head", address, { identity, clock, signal, timeoutMs: DIAL_TIMEOUT_MS });
      return await ask(head);
    } catch (reason) {
      head?.close();
      failure = head === undefined ? ConfedError.from(reason) : peerFailure(head, reason);
      if (LEAVES_IT.has(failure.code)) said ??= failure;
      else if (failure.code !== "head_unreachable" && failure.code !== "deadline_exceeded") throw failure;
    }
  }
  invariant(failure !== undefined, "there is at least one head");
  throw said ?? failure;
}
