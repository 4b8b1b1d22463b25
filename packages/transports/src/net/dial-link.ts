import { formatHostPort } from "@confed/kernel";
import type { TransportDeps } from "../deps.ts";
import type { LinkSink } from "../transport.ts";
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
