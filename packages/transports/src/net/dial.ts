import type { Socket } from "node:net";
import { formatHostPort } from "@confed/kernel";
import type { TransportDeps } from "../deps.ts";
import { withConnectDeadline } from "./connect-deadline.ts";
import { firstToConnect } from "./first-to-connect.ts";

/** Where to connect to, and for how long to try. */
export interface DialTarget {
  /** A name or a numeric address of either family. */
  readonly host: string;
  readonly port: number;
  readonly signal: AbortSignal;
  /** Resolving and connecting together; CONNECT_TIMEOUT_MS unless given. */
  readonly timeoutMs?: number | undefined;
}

/** An idle connection is probed after this; the kernel gives up 10 probes of a second later. */
const KEEPALIVE_IDLE_MS = 10_000;

/**
 * Connect to a host over its addresses in the order of the resolver: getaddrinfo sorts them by
 * RFC 6724. The next one is tried when one fails or keeps silent; the first that answers wins.
 *
 * Rejects with a ConfedError whose `where` is `host:port`; "canceled" if the signal said so. The
 * sockets that lost are destroyed before this settles. `makeSocket` gives a fresh, unconnected
 * socket for every address: a LinkSocket for links, a plain one for libraries that read
 * themselves. TCP_NODELAY and keepalive are set on the winner.
 */
export async function dial<S extends Socket>(
  { clock, resolver }: Pick<TransportDeps, "clock" | "resolver">,
  { host, port, signal, timeoutMs }: DialTarget,
  makeSocket: () => S,
): Promise<S> {
  const where = formatHostPort({ host, port });
  const socket = await withConnectDeadline({ clock, where, signal, timeoutMs }, async (inner) => {
    const candidates = await resolver.resolve(host, inner);
    const begin = ({ address, family }: (typeof candidates)[number]) => {
      const made = makeSocket();
      made.connect({ host: address, port, family });
      return { socket: made, where: address === host ? where : `${where} (${address})` };
    };
    return firstToConnect({ clock, candidates, begin }, inner);
  });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEPALIVE_IDLE_MS);
  return socket;
}
