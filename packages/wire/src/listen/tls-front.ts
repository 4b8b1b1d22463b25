import { constants } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { ConfedError, type Logger } from "@confed/kernel";
import type { Connection } from "./connection.ts";
import { identify } from "./identify.ts";
import type { TlsMaterial, TlsProvider } from "./tls-material.ts";

export interface TlsFrontOptions {
  readonly tls: TlsProvider;
  readonly logger: Logger;
  readonly handshakeMsMax: number;
  /** A handshake is through, and the connection knows its peer. */
  readonly onSecure: (connection: Connection, socket: TLSSocket) => void;
  /** A handshake failed, or the certificate is locked out; the connection is gone. */
  readonly onFailed: (connection: Connection, why: string) => void;
  /** The material changed: who is connected is looked at again. */
  readonly onChange: (material: TlsMaterial) => void;
}

/**
 * TLS over sockets that others accepted: with and without a certificate on one port, TLS 1.3, HTTP/2
 * and nothing else. Throws where the first material is none; what is wrong later is logged, and the
 * material before it stays in force.
 */
export class TlsFront {
  readonly #options: TlsFrontOptions;
  readonly #server: Server;
  /** In their handshake, by both ends of their connection: tls tells of no socket which one it wraps. */
  readonly #shaking = new Map<string, Connection>();
  readonly #unwatch: () => void;
  #material: TlsMaterial;

  constructor(options: TlsFrontOptions) {
    this.#options = options;
    const { tls, logger } = options;
    const material = tls.current();
    this.#material = material;
    this.#server = createServer({
      ...contextOf(material),
      requestCert: true,
      // Who comes without, or with one that does not count, is told so in words by whom it asks.
      rejectUnauthorized: false,
      ALPNProtocols: ["h2"],
      handshakeTimeout: options.handshakeMsMax,
    });
    this.#server.on("secureConnection", (socket) => {
      this.#secured(socket);
    });
    this.#server.on("tlsClientError", (error, socket) => {
      const connection = this.#taken(socket);
      socket.destroy();
      if (connection !== undefined) options.onFailed(connection, error.message);
    });
    this.#unwatch = tls.watch(() => {
      try {
        const next = tls.current();
        this.#server.setSecureContext(contextOf(next));
        this.#material = next;
        options.onChange(next);
      } catch (reason) {
        logger.error("the new certificate cannot be used: the one before it stays", {
          error: ConfedError.from(reason).rawMessage,
        });
      }
    });
  }

  /** Begin the handshake of a connection. What it has sent already may have been put back on its socket. */
  shake(connection: Connection): void {
    const { socket } = connection;
    const key = keyOf(socket);
    this.#shaking.set(key, connection);
    socket.once("close", () => this.#shaking.delete(key));
    this.#server.emit("connection", socket);
  }

  close(): void {
    this.#unwatch();
  }

  #secured(socket: TLSSocket): void {
    // Not answered for by anybody until HTTP/2 has it.
    socket.on("error", () => socket.destroy());
    const connection = this.#taken(socket);
    if (connection === undefined) {
      socket.destroy(); // Gone in the same moment.
      return;
    }
    const peer = identify(socket, connection.address, this.#material);
    if (peer === "locked out") {
      socket.destroy();
      // It proved who it is, and guesses nothing. It may go on trying for days, beside others of its host.
      this.#options.onFailed(connection, "its certificate is locked out");
      return;
    }
    connection.peer = peer;
    connection.speaks = socket;
    this.#options.onSecure(connection, socket);
  }

  #taken(socket: Socket): Connection | undefined {
    const key = keyOf(socket);
    const connection = this.#shaking.get(key);
    this.#shaking.delete(key);
    return connection;
  }
}

function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress ?? ""} ${remotePort ?? ""} ${localAddress ?? ""} ${localPort ?? ""}`;
}

function contextOf({ key, certificate, authorities, oldest }: TlsMaterial) {
  return {
    key,
    cert: certificate,
    ca: authorities,
    minVersion: oldest ?? ("TLSv1.3" as const),
    // A resumed session would bring a certificate that nobody looks at again.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}
