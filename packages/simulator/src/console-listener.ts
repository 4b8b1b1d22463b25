import { createServer, type Server, type Socket } from "node:net";
import { ConfedError } from "@confed/kernel";
import type { ConsoleAddresses } from "./console-address.ts";

/** One listening port for all consoles of a rack. */
export interface ConsoleListener {
  readonly port: number;
  /** Listen no more. Connections that were given away live on until `end`; resolves when all are gone. */
  close(): Promise<void>;
  /** Destroy every connection that is left. */
  end(): void;
}

export interface ConsoleListenerOptions {
  readonly port: number;
  readonly addresses: ConsoleAddresses;
  /** Gives the socket away, with the console its local address names. */
  readonly onSocket: (socket: Socket, consoleIndex: number) => void;
  /** A connection to an address without a console was closed. */
  readonly onRefused: () => void;
}

/** Pending connections while 10,000 agents' links arrive at once; the kernel cuts it to somaxconn. */
const BACKLOG = 4096;

/**
 * Listen for all consoles on one port. All of 127.0.0.0/8 can only be had with one socket by binding
 * to 0.0.0.0, so the port is open on every address of the host; but a connection whose local
 * address is not a console's (and those lie in 127.0.0.0/8) is closed at once, before a byte is read
 * or written. Rejects with "conflict" or "permission_denied" naming the port.
 */
export async function listenForConsoles(options: ConsoleListenerOptions): Promise<ConsoleListener> {
  const { port, addresses, onSocket, onRefused } = options;
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    const index = addresses.indexOf(socket.localAddress);
    if (index === undefined) {
      onRefused();
      socket.on("error", () => undefined);
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    onSocket(socket, index);
  });
  return {
    port: await listening(server, port),
    close: async () => {
      const ends = [...sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
      // Not by its callback: it comes when the last socket is destroyed, before that says so itself.
      server.close();
      await Promise.all(ends);
    },
    end: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const cause = ConfedError.from(error, "unavailable");
      reject(
        new ConfedError(cause.code, `cannot listen on port ${port}: ${cause.rawMessage}`, {
          where: `0.0.0.0:${port}`,
          hint: "port 0 takes any free one",
          cause,
        }),
      );
    });
    server.listen({ host: "0.0.0.0", port, backlog: BACKLOG }, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
