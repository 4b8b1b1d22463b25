import { ConfedError } from "@confed/kernel";
import type { TransportFactory } from "../deps.ts";
import { adoptSocket } from "../net/adopt-socket.ts";
import { withConnectDeadline } from "../net/connect-deadline.ts";
import { firstToConnect } from "../net/first-to-connect.ts";
import { LinkSocket } from "../net/link-socket.ts";
import { SocketLink } from "../net/socket-link.ts";

/** A console behind a Unix socket of this machine: a serial port of QEMU. */
export interface UnixOptions {
  /** The socket's path, at most 107 bytes: unix(7). */
  readonly path: string;
  readonly connectTimeoutMs?: number | undefined;
}

/** The size of sun_path without its final NUL. */
const PATH_BYTES_MAX = 107;

/** Raw bytes over a Unix stream socket. No break. */
export function unix({ path, connectTimeoutMs }: UnixOptions): TransportFactory {
  return ({ clock }) => ({
    kind: "unix",
    async open({ signal, sink }) {
      if (Buffer.byteLength(path) > PATH_BYTES_MAX) {
        // A longer one would be cut, and lead to another socket.
        throw new ConfedError(
          "invalid_argument",
          `${path}: the path of a socket has at most ${PATH_BYTES_MAX} bytes`,
          {
            where: path,
            hint: "use a shorter path or a symbolic link",
          },
        );
      }
      const begin = () => {
        const socket = new LinkSocket();
        socket.connect({ path });
        return { socket, where: path };
      };
      const socket = await withConnectDeadline(
        { clock, where: path, signal, timeoutMs: connectTimeoutMs },
        (inner) => firstToConnect({ clock, candidates: [path], begin }, inner),
      );
      return new SocketLink(socket, { sink, where: path });
    },
    adopt({ fd, snapshot, sink }) {
      const { socket, adopted } = adoptSocket(fd, snapshot, path);
      return new SocketLink(socket, { sink, where: path, adopted });
    },
  });
}
