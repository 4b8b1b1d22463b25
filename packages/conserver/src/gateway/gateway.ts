import type { Server as NetServer, Socket } from "node:net";
import { createServer } from "node:net";
import { ConfedError, formatHostPort, type HostPort, isLoopbackHost } from "@confed/kernel";
import { ClientSession } from "./client-session.ts";
import { GATEWAY_LIMITS, type GatewayOptions } from "./gateway-options.ts";

/** Speaks conserver's protocol, master and group in one, on one port. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #server: NetServer;
  readonly #sessions = new Set<ClientSession>();

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#server = createServer(
      { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS },
      (socket) => {
        this.#accept(socket);
      },
    );
    this.#server.maxConnections = GATEWAY_LIMITS.connectionsMax;
  }

  /** Resolves with where it listens; rejects with "conflict" if the port is taken. */
  async listen(address: HostPort): Promise<HostPort> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (reason) => {
        reject(
          new ConfedError(
            ConfedError.from(reason).code,
            `cannot listen for conserver's clients: ${reason.message}`,
            {
              where: formatHostPort(address),
              cause: reason,
            },
          ),
        );
      });
      this.#server.listen(address.port, address.host, resolve);
    });
    const bound = this.#server.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
    return { host: address.host, port };
  }

  /** Tells everybody who is attached, closes their connections and stops listening. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    for (const session of this.#sessions) session.end("[-- Console server shutting down --]\r\n");
    await closed;
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress ?? "";
    const { access, tls } = this.#options;
    if (access.trustOf({ address, names: [] }) === "rejected") {
      socket.end("access from your host refused\r\n");
      socket.on("error", () => undefined);
      return;
    }
    const session = new ClientSession(socket, {
      ...this.#options,
      address,
      trusted: access.trustOf({ address, names: [] }) === "trusted",
      mayBePlain:
        tls.plainFrom === "anywhere" ||
        (tls.plainFrom === "loopback" && isLoopbackHost(address.replace(/^::ffff:/, ""))),
      sessions: this.#sessions,
    });
    this.#sessions.add(session);
    void session.ended.then(() => this.#sessions.delete(session));
  }
}

/** A client that has vanished holds its keyboard until this finds out. */
const KEEPALIVE_MS = 60_000;
