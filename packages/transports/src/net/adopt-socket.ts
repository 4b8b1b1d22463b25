import { ConfedError, invariant } from "@confed/kernel";
import type { ReceivedDescriptor } from "../transport.ts";
import { LinkSocket } from "./link-socket.ts";
import type { SocketSnapshot } from "./socket-link.ts";

/**
 * A connected socket that another process had, paused, and what is known of it. Throws
 * "invalid_argument" if the descriptor is not open or is no stream socket, or if the snapshot is
 * none; the descriptor is left alone then.
 */
export function adoptSocket(
  fd: number | ReceivedDescriptor,
  snapshot: unknown,
  where: string,
): { readonly socket: LinkSocket; readonly adopted: SocketSnapshot } {
  const { watched } = (snapshot ?? {}) as Partial<SocketSnapshot>;
  if (typeof watched !== "boolean") {
    const hint = "another version of the agent opened it; let it reconnect";
    throw new ConfedError("invalid_argument", `${where}: what is known of its link cannot be read`, {
      where,
      hint,
    });
  }
  const socket = typeof fd === "number" ? socketOver(fd, where) : fd;
  invariant(socket instanceof LinkSocket, "receiveDescriptor makes no other");
  return { socket, adopted: { watched } };
}

/**
 * Make a descriptor of a link of another process ready for `Transport.adopt`, while that process still
 * reads it: nothing is read here. Owned by what is returned. Throws "invalid_argument" if it is not open
 * or is no stream socket; it is left alone then.
 */
export function receiveDescriptor(fd: number): ReceivedDescriptor {
  return socketOver(fd, `descriptor ${fd}`);
}

function socketOver(fd: number, where: string): LinkSocket {
  try {
    return new LinkSocket(fd);
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    const message = `${where}: descriptor ${fd} is no connection: ${text}`;
    throw new ConfedError("invalid_argument", message, { where, cause });
  }
}
