import { existsSync } from "node:fs";
import { ConfedError, formatHostPort } from "@confed/kernel";
import { askPeer, type HeadPeer, type TargetOptions, targetsOf } from "@confed/rcons";
import type { World } from "../world.ts";
import { configPathOf } from "./run-daemon.ts";

/** How a command says which head it asks. */
export interface HeadFlags extends TargetOptions {
  /** Of the head of this host. */
  readonly config?: string | undefined;
}

/**
 * Ask a head for an administrator. Without an address it is the head of this host, by the socket in its state
 * directory: whoever may open that needs no user, which is how the first one comes to be. Where there is no socket
 * it is asked where it listens: it does without TLS, or does not run.
 */
export async function askHead<T>(
  world: World,
  flags: HeadFlags,
  ask: (client: HeadPeer["client"], signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { head, socket } = flags;
  const isNamed = head !== undefined || socket !== undefined;
  const targets = targetsOf(isNamed ? { head, socket } : await ourHead(world, flags), world.env);
  const stop = new AbortController();
  const { signal } = stop;
  const forget = world.onSignal("SIGINT", () => {
    stop.abort();
  });
  try {
    return await askPeer(targets, { clock: world.clock, signal }, (peer) => {
      if (peer.role === "head") return ask(peer.client, signal);
      throw new ConfedError("invalid_argument", "this is asked of a head", {
        hint: "--head or --socket .../head.sock",
      });
    });
  } catch (reason) {
    const { code } = ConfedError.from(reason);
    throw !isNamed && code === "head_unreachable" ? explained(reason) : reason;
  } finally {
    forget();
  }
}

async function ourHead(world: World, { config }: HeadFlags): Promise<TargetOptions> {
  const [{ localSocketOf }, { loadHeadConfig }, { faultLines }] = await Promise.all([
    import("@confed/head"),
    import("@confed/config"),
    import("./load-or-say.ts"),
  ]);
  const path = configPathOf(config, world.env);
  const loaded = await loadHeadConfig(path);
  if (loaded.ok === undefined) {
    throw new ConfedError(
      "invalid_argument",
      `there are faults in ${path}: ${faultLines(loaded.faults).trim()}`,
      { subject: path },
    );
  }
  const { listen, stateDir } = loaded.ok.head;
  const socket = localSocketOf(stateDir);
  return existsSync(socket) ? { socket } : { head: formatHostPort(listen) };
}

function explained(reason: unknown): ConfedError {
  const { code, rawMessage, subject, where } = ConfedError.from(reason);
  return new ConfedError(code, rawMessage, {
    ...{ subject, where, cause: reason },
    hint: "this asks the head of this host: is it running, and are you its user or root?",
  });
}
