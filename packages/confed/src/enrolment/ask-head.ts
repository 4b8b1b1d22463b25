import { existsSync } from "node:fs";
import { loadHeadConfig } from "@confed/config";
import { ConfedError, EXIT, formatHostPort } from "@confed/kernel";
import type { Client } from "@confed/wire";
import { loadOrSay } from "../process/load-or-say.ts";
import { configPathOf } from "../process/run-daemon.ts";
import type { World } from "../world.ts";

/** What commander makes of the option that names a head's configuration. */
export interface HeadFlag {
  readonly config?: string;
}

const CONNECT_TIMEOUT_MS = 3_000;

/**
 * Ask the head of this host, as its administrator: over the socket in its state directory, or where it listens if it
 * does without TLS. Resolves with the exit status.
 */
export async function askHead(
  world: World,
  flags: HeadFlag,
  run: (client: Client<"Head">, signal: AbortSignal) => Promise<void>,
): Promise<number> {
  const config = await loadOrSay(loadHeadConfig(configPathOf(flags.config, world.env)), world.stderr);
  if (config === undefined) return EXIT.usage;
  const [{ localSocketOf }, { openChannel }] = await Promise.all([
    import("@confed/head"),
    import("@confed/wire"),
  ]);
  const { listen, stateDir } = config.head;
  const socket = localSocketOf(stateDir);
  const address = existsSync(socket) ? `unix:${socket}` : formatHostPort(listen);
  const stop = new AbortController();
  const forget = world.onSignal("SIGINT", () => {
    stop.abort();
  });
  const channel = openChannel("Head", address);
  try {
    try {
      await channel.ready({ timeoutMs: CONNECT_TIMEOUT_MS, signal: stop.signal });
    } catch (reason) {
      const { code, rawMessage } = ConfedError.from(reason);
      throw new ConfedError(code, rawMessage, {
        where: address,
        hint: "this asks the head of this host: is it running, and are you its user or root?",
        cause: reason,
      });
    }
    await run(channel.client, stop.signal);
    return EXIT.ok;
  } finally {
    channel.close();
    forget();
  }
}
