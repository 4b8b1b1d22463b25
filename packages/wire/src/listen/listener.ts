import { createServer, type Server, type Socket } from "node:net";
import { ConfedError, type HostPort, isLoopbackHost, type Logger } from "@confed/kernel";
import { Crowding } from "../crowding.ts";
import { WIRE_LIMITS } from "../limits.ts";
import { Connection } from "./connection.ts";
import { isLockedOut } from "./identify.ts";
import type { PeerIdentity } from "./peer-identity.ts";
import { TlsFront } from "./tls-front.ts";
import type { TlsProvider } from "./tls-material.ts";

export interface ListenerOptions {
  /** Port 0: any. */
  readonly listen: HostPort;
  /** A listening socket that another process made, inherited: used instead of a new one. */
  readonly inherited?: number | undefined;
  /** Without it everything is plain: on loopback only, or the listener must be `insecure`. */
  readonly tls?: TlsProvider | undefined;
  /** Plain beyond loopback, because somebody said so twice. */
  readonly insecure?: boolean | undefined;
  readonly logger: Logger;
  /** A connection is ready for HTTP/2 over `socket`. */
  readonly onReady: (connection: Connection, socket: Socket) => void;
}

/**
 * The listening socket and every connection that came over it. The listener is ours and not
 * grpc-js's: TLS, classes of identity and limits on raw connections have their place here.
 */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #crowding: Crowding;
  readonly #front: TlsFront | undefined;

  /** Does not listen yet. Throws where the TLS material is none. */
  constructor(options: ListenerOptions) {
    this.#options = options;
    const { logger, tls, onReady } = options;
    this.#crowding = new Crowding(logger);
    this.#front =
      tls &&
      new TlsFront({
        tls,
        logger,
        handshakeMsMax: HANDSHAKE_MS_MAX,
        onSecure: onReady,
        onFailed: ({ address }, why) => {
          logger.debug("handshake failed", { peer: address, error: why });
        },
        onChange: (material) => {
          for (const connection of this.#connections)
            if (isLockedOut(connection.peer, material)) connection.destroy();
        },
      });
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#accept(socket);
    });
    this.#server.maxConnections = WIRE_LIMITS.connectionsMax;
  }

  /** Rejects with "conflict" when the address is taken, "failed_precondition" where plain is not allowed. */
  async listen(): Promise<void> {
    const { listen, inherited, tls, insecure = false, logger } = this.#options;
    const where = `${listen.host}:${listen.port}`;
    if (tls === undefined && !isLoopbackHost(listen.host)) {
      if (!insecure) throw notWithoutTls(where);
      logger.error("LISTENING WITHOUT TLS: everybody who reaches this address can read and type", { where });
    }
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (reason) => {
        const error = ConfedError.from(reason);
        const message = `cannot listen on ${where}: ${error.rawMessage}`;
        reject(new ConfedError(error.code, message, { where, cause: reason }));
      });
      if (inherited === undefined) this.#server.listen(listen.port, listen.host, resolve);
      else this.#server.listen({ fd: inherited }, resolve);
    });
    this.#server.on("error", (error) => {
      // Out of descriptors, say: those connected stay, the next accept may work.
      logger.error("listener failed", { error: error.message });
    });
  }

  /** The port that was bound. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : this.#options.listen.port;
  }

  /** Of the listening socket, for a process that is to inherit it; undefined once closed. */
  get descriptor(): number | undefined {
    const { _handle: handle } = this.#server as { _handle?: { readonly fd?: number } | null };
    return handle?.fd;
  }

  /** Take a socket that somebody else accepted and knows: one of the host's own, say. Plain. */
  take(socket: Socket, peer: PeerIdentity): void {
    const connection = this.#keep(socket);
    connection.peer = peer;
    this.#options.onReady(connection, socket);
  }

  /** Those connected stay, nobody else comes. */
  stopListening(): void {
    this.#server.close();
  }

  /** Nobody comes any more. */
  closed(): Promise<void> {
    // Told also of one that does not listen any more.
    return new Promise((resolve) =>
      this.#server.close(() => {
        resolve();
      }),
    );
  }

  /** Hang up on everybody. */
  hangUp(): void {
    this.#front?.close();
    for (const connection of this.#connections) connection.destroy();
  }

  #accept(socket: Socket): void {
    const connection = this.#keep(socket);
    connection.refusal = this.#crowding.admit(connection);
    if (this.#front === undefined) this.#options.onReady(connection, socket);
    else this.#front.shake(connection);
  }

  #keep(socket: Socket): Connection {
    const connection = new Connection(socket);
    this.#connections.add(connection);
    // A raw connection may break before or between calls; its calls hear of it themselves.
    socket.on("error", (error) => {
      this.#options.logger.debug("connection broke", { peer: connection.address, error: error.message });
    });
    socket.once("close", () => this.#connections.delete(connection));
    return connection;
  }
}

/** OpenSSH gives people two minutes to type; these are programs. */
const HANDSHAKE_MS_MAX = 10_000;

function notWithoutTls(where: string): ConfedError {
  return new ConfedError(
    "failed_precondition",
    `${where} can be reached from other hosts, and there is no TLS`,
    {
      where,
      hint: "enrol this host, listen on 127.0.0.1, or say --insecure-listen",
    },
  );
}
