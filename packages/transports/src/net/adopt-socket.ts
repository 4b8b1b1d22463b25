import { ConfedError } from "@confed/kernel";
import { LinkSocket } from "./link-socket.ts";
import type { SocketSnapshot } from "./socket-link.ts";

/**
 * A connected socket that another process had, paused, and what is known of it. Throws
 * "invalid_argument" if the descriptor is not open or is no stream socket, or if the snapshot is
 * none; the descriptor is left alone then.
 */
export function adoptSocket(
  fd: number,
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
  try {
    return { socket: new LinkSocket(fd), adopted: { watched } };
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    const message = `${where}: descriptor ${fd} is no connection: ${text}`;
    throw new ConfedError("invalid_argument", message, { where, cause });
  }
}
