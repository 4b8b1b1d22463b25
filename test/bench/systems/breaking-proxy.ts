import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { parseHostPort } from "@confed/kernel";

/** What lies between clients and an agent, and may break at any moment. */
export interface BreakingProxy {
  /** Where clients come. */
  readonly address: string;
  /** Every connection ends with a reset, on both sides: nobody says good-bye. */
  readonly breakAll: () => void;
  readonly close: () => void;
}

/**
 * Passes on what comes, to `target` (`host:port` of this host) and back. After each break it comes from another
 * address: many people who vanish now and then, not one source that an agent shuts out in the end.
 */
export async function startBreakingProxy(target: string): Promise<BreakingProxy> {
  const sockets = new Set<Socket>();
  const own = (socket: Socket, other: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => {
      sockets.delete(socket);
      // One that was reset has no end to pass on.
      other.destroySoon();
    });
  };
  let broken = 0;
  const server = createServer({ noDelay: true }, (client) => {
    const localAddress = `127.1.${(broken >> 8) & 255}.${broken & 255}`;
    const agent = connect({ ...parseHostPort(target), localAddress, noDelay: true });
    own(client, agent);
    own(agent, client);
    client.pipe(agent).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const breakAll = () => {
    broken += 1;
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    breakAll,
    close() {
      breakAll();
      server.close();
    },
  };
}
