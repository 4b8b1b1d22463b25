import { formatHostPort } from "@confed/kernel";
import type { TransportDeps } from "../deps.ts";
import type { AdoptOptions, LinkSink } from "../transport.ts";
import { adoptSocket } from "./adopt-socket.ts";
import { type DialTarget, dial } from "./dial.ts";
import { halfOpenWatchOf } from "./half-open.ts";
import { LinkSocket } from "./link-socket.ts";
import { SocketLink } from "./socket-link.ts";

/**
 * Connect and make a link of it, watched for a far end that stops acknowledging. Rejects as
 * {@link dial} does; nothing is left behind then.
 */
export async function dialLink(deps: TransportDeps, target: DialTarget, sink: LinkSink): Promise<SocketLink> {
  const socket = await dial(deps, target, () => new LinkSocket());
  return new SocketLink(socket, {
    sink,
    where: formatHostPort(target),
    inputWatch: halfOpenWatchOf(deps),
  });
}

/** As {@link dialLink}, over the socket of a link that another process had; paused. Throws as `adoptSocket`. */
export function adoptLink(
  deps: TransportDeps,
  target: Pick<DialTarget, "host" | "port">,
  { fd, snapshot, sink }: AdoptOptions,
): SocketLink {
  const where = formatHostPort(target);
  const { socket, adopted } = adoptSocket(fd, snapshot, where);
  return new SocketLink(socket, { sink, where, inputWatch: halfOpenWatchOf(deps), adopted });
}
