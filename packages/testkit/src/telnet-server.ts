import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { TelnetSession, type TelnetSessionEvent, type TelnetSessionOptions } from "@confed/codecs";
import { ByteLog } from "./byte-log.ts";
import type { TransportFixture } from "./transport-fixture.ts";

/** A terminal server of one port on a real socket, our own session being its telnet. */
export type TelnetServer = Required<Omit<TransportFixture, "transport" | "refusing" | "hanging">> & {
  readonly host: string;
  readonly port: number;
  /** The next connection, in the order they came; waits for it. */
  accepted(): Promise<TelnetServerPeer>;
};

/** One connection as the terminal server sees it. */
export interface TelnetServerPeer {
  readonly socket: Socket;
  readonly session: TelnetSession;
  readonly events: TelnetSessionEvent[];
  /** The console prints. */
  print(bytes: Uint8Array): void;
  /** Resolves as soon as `condition` holds; asked again after every read. */
  until(condition: () => boolean): Promise<void>;
}

/**
 * Listen. `session` null: a far end that says nothing of its own, understands nothing and reads
 * nothing; use its socket.
 */
export async function startTelnetServer(
  session: Omit<TelnetSessionOptions, "role"> | null = {},
  host = "127.0.0.1",
): Promise<TelnetServer> {
  const received = new ByteLog();
  const waiting: TelnetServerPeer[] = [];
  const peers = new Map<Socket, TelnetServerPeer>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const peer = serve(socket, session, received);
    peers.set(socket, peer);
    waiting.push(peer);
    socket.on("error", () => undefined); // Tests hang up in every way there is.
    socket.on("end", () => socket.destroy());
    socket.on("close", () => {
      peers.delete(socket);
      server.emit("changed");
    });
    server.emit("changed");
  });
  server.listen(0, host);
  await once(server, "listening");

  const until = async <T>(look: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await once(server, "changed");
    }
  };
  const current = () => until(() => [...peers.values()].at(-1));
  const empty = () => until(() => (peers.size === 0 ? true : undefined));
  return {
    host,
    port: (server.address() as AddressInfo).port,
    received,
    accepted: () => until(() => waiting.shift()),
    async feed(bytes) {
      (await current()).print(bytes);
    },
    async hangUp() {
      // Not destroyed until the other side leaves, too: its answers to our opening may still be on
      // their way, and a kernel that gets input for a closed socket throws unsent output away.
      (await current()).socket.end();
    },
    async breakOff() {
      (await current()).socket.resetAndDestroy();
    },
    async stall(stalled) {
      const { socket } = await current();
      if (stalled) socket.pause();
      else socket.resume();
    },
    async idle() {
      for (const socket of peers.keys()) socket.resume(); // Or it would not see that the other side left.
      await empty();
    },
    async close() {
      for (const socket of peers.keys()) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await empty();
    },
  };
}

function serve(
  socket: Socket,
  options: Omit<TelnetSessionOptions, "role"> | null,
  received: ByteLog,
): TelnetServerPeer {
  const session = new TelnetSession({ role: "server", ...options });
  const events: TelnetSessionEvent[] = [];
  if (options !== null) {
    socket.write(session.start());
    socket.on("data", (bytes) => {
      session.feed(bytes, {
        data: (view) => {
          received.append(view);
        },
        reply: (reply) => void socket.write(reply),
        event: (event) => void events.push(event),
      });
      socket.emit("fed");
    });
  }
  return {
    socket,
    session,
    events,
    print: (bytes) => void socket.write(session.encode(bytes)),
    async until(condition) {
      while (!condition()) await once(socket, "fed");
    },
  };
}
