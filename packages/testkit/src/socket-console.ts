import { once } from "node:events";
import { createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { ByteLog } from "./byte-log.ts";
import type { TransportFixture } from "./transport-fixture.ts";

/** A console behind a listening socket, as the compliance suite wants it. */
export type SocketConsole = Required<Omit<TransportFixture, "transport" | "refusing" | "hanging">> & {
  readonly server: Server;
};

/** Listen, and be the console of whoever connects last. */
export async function startSocketConsole(listen: ListenOptions): Promise<SocketConsole> {
  const received = new ByteLog();
  const sockets = new Set<Socket>();
  let current: Socket | undefined;
  let stalled = false;
  const changed = new Set<() => void>();
  const wake = () => {
    for (const run of changed) run();
  };
  /** Resolves as soon as `condition` holds; asked again at every connect and close. */
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!condition()) return;
        changed.delete(check);
        resolve();
      };
      changed.add(check);
      check();
    });

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    current = socket;
    socket.on("data", (bytes) => {
      received.append(bytes);
    });
    if (stalled) socket.pause();
    // A console whose reader left is free for the next one.
    socket.on("end", () => socket.destroy());
    socket.on("error", () => undefined); // Closing is what these tests do to it.
    socket.on("close", () => {
      sockets.delete(socket);
      if (current === socket) current = undefined;
      wake();
    });
    wake();
  });
  server.listen(listen);
  await once(server, "listening");

  const connected = async (): Promise<Socket> => {
    await until(() => current !== undefined);
    return current as Socket;
  };
  const idle = async () => {
    for (const socket of sockets) socket.resume(); // Or it would not see that the other side left.
    await until(() => sockets.size === 0);
  };
  return {
    server,
    received,
    idle,
    async feed(bytes) {
      (await connected()).write(bytes);
    },
    async hangUp() {
      const socket = await connected();
      // Gone altogether, as the console behind a terminal server is: whoever writes now is told.
      socket.end(() => socket.destroy());
    },
    async breakOff() {
      (await connected()).resetAndDestroy();
    },
    async stall(value) {
      stalled = value;
      const socket = await connected();
      if (value) socket.pause();
      else socket.resume();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await until(() => sockets.size === 0);
    },
  };
}
