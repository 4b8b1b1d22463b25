import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { TelnetSession, type TelnetSessionEvent, type TelnetSessionOptions } from "@confed/codecs";

/** A terminal server of one port for tests: a real socket, and our own session as the far end. */
export interface TelnetServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** The next connection, in the order they came; waits for it. */
  accepted(): Promise<TelnetServerPeer>;
}

/** One connection as the terminal server sees it. */
export interface TelnetServerPeer {
  readonly socket: Socket;
  readonly session: TelnetSession;
  /** What was typed, telnet taken off. Grows. */
  readonly typed: number[];
  readonly events: TelnetSessionEvent[];
  /** The console prints. */
  print(bytes: Uint8Array): void;
  /** Resolves as soon as `condition` holds; asked again after every read. */
  until(condition: () => boolean): Promise<void>;
}

/** `session` null: a far end that says nothing of its own and understands nothing; use its socket. */
export async function startTelnetServer(
  session: Omit<TelnetSessionOptions, "role"> | null = {},
  host = "127.0.0.1",
): Promise<TelnetServer> {
  const peers: TelnetServerPeer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // Tests hang up in every way there is.
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    peers.push(serve(socket, session));
    server.emit("accepted");
  });
  server.listen(0, host);
  await once(server, "listening");
  return {
    host,
    port: (server.address() as AddressInfo).port,
    async accepted() {
      for (;;) {
        const peer = peers.shift();
        if (peer !== undefined) return peer;
        await once(server, "accepted");
      }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function serve(socket: Socket, options: Omit<TelnetSessionOptions, "role"> | null): TelnetServerPeer {
  const session = new TelnetSession({ role: "server", ...options });
  const typed: number[] = [];
  const events: TelnetSessionEvent[] = [];
  if (options !== null) {
    socket.write(session.start());
    socket.on("data", (bytes) => {
      session.feed(bytes, {
        data: (view) => {
          for (const byte of view) typed.push(byte);
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
    typed,
    events,
    print: (bytes) => void socket.write(session.encode(bytes)),
    async until(condition) {
      while (!condition()) await once(socket, "fed");
    },
  };
}
