import { BlockList, createServer, isIP, type Server, type Socket } from "node:net";
import { ConfedError, type HostPort, isLoopbackHost, type Logger, systemClock } from "@confed/kernel";
import { Crowding } from "../crowding.ts";
import { Connection } from "./connection.ts";
import { awaitFirstBytes, judgeHttp2, judgeTls } from "./first-bytes.ts";
import { isLockedOut } from "./identify.ts";
import { LISTEN_LIMITS } from "./listen-limits.ts";
import { Pacer } from "./pacer.ts";
import type { PeerIdentity } from "./peer-identity.ts";
import { type Fault, Penalties } from "./penalties.ts";
import { TlsFront } from "./tls-front.ts";
import type { TlsProvider } from "./tls-material.ts";
import { TrafficWatch } from "./traffic-watch.ts";
import { WaitingRoom } from "./waiting-room.ts";

export interface ListenerOptions {
  /** Port 0: any. */
  readonly listen: HostPort | undefined;
  /** A listening socket that another process made, inherited: used instead of a new one. */
  readonly inherited?: number | undefined;
  /** Without it everything is plain: on loopback only, or the listener must be `insecure`. */
  readonly tls?: TlsProvider | undefined;
  /** Plain beyond loopback, because somebody said so twice. */
  readonly insecure?: boolean | undefined;
  /** Addresses, or networks as `10.1.0.0/16`, that are never shut out, nor counted by source. */
  readonly trustedSources?: readonly string[] | undefined;
  readonly logger: Logger;
  /** Told when a source is shut out, and for what. */
  readonly onShutOut?: ((source: string, fault: Fault) => void) | undefined;
  /** A connection is ready for HTTP/2 over what it `speaks`. */
  readonly onReady: (connection: Connection) => void;
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
  readonly #penalties = new Penalties(systemClock);
  readonly #pacer = new Pacer(systemClock);
  readonly #room: WaitingRoom<Connection>;
  /** Connections of sources that are shut out, until it is their turn. */
  #shutOutCount = 0;
  readonly #traffic: TrafficWatch<Connection>;
  /** Undefined: none is. */
  readonly #trusted: BlockList | undefined;

  /** Does not listen yet. Throws where the TLS material is none, or a trusted source no network. */
  constructor(options: ListenerOptions) {
    this.#options = options;
    const { logger, tls, trustedSources = [] } = options;
    this.#trusted = trustedSources.length === 0 ? undefined : networksOf(trustedSources);
    this.#crowding = new Crowding(logger);
    this.#room = new WaitingRoom({
      clock: systemClock,
      // Where all is plain, all are this host's own: they cannot be told apart.
      perSourceMax: tls === undefined ? Number.POSITIVE_INFINITY : LISTEN_LIMITS.unprovenPerSourceMax,
      onOut: (connection, why) => {
        logger.debug("connection closed before its peer was known", { peer: connection.address, why });
        if (why === "late") this.#late(connection);
        else connection.destroy();
      },
    });
    this.#traffic = new TrafficWatch(systemClock, (connection) => {
      logger.warn("hung up on a peer that floods", { peer: connection.address });
      connection.condemn();
    });
    this.#front =
      tls &&
      new TlsFront({
        tls,
        logger,
        handshakeMsMax: LISTEN_LIMITS.unprovenMsMax,
        onSecure: (connection) => {
          this.#secured(connection);
        },
        onFailed: (connection, why) => {
          // It is blamed when its socket is closed, as whoever goes without a word.
          logger.debug("handshake failed", { peer: connection.address, error: why });
        },
        onChange: (material) => {
          for (const connection of this.#connections)
            if (isLockedOut(connection.peer, material)) connection.destroy();
        },
      });
    // Nothing is read before somebody wants it, and nothing more while it is not taken.
    this.#server = createServer({ noDelay: true, pauseOnConnect: true, highWaterMark: 1 }, (socket) => {
      this.#accept(socket);
    });
  }

  /** Rejects with "conflict" when the address is taken, "failed_precondition" where plain is not allowed. */
  async listen(): Promise<void> {
    const { listen, inherited, tls, insecure = false, logger } = this.#options;
    if (listen === undefined) return;
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
      if (inherited === undefined) this.#server.listen({ ...listen, backlog: BACKLOG }, resolve);
      else this.#server.listen({ fd: inherited }, resolve);
    });
    this.#server.on("error", (error) => {
      // Out of descriptors, say: those connected stay, the next accept may work.
      logger.error("listener failed", { error: error.message });
    });
  }

  /** The port that was bound; 0: none. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : (this.#options.listen?.port ?? 0);
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
    connection.vouch();
    this.#enter(connection);
  }

  /** Those connected stay, nobody else comes. */
  stopListening(): void {
    this.#server.close();
  }

  /** Resolves when nobody comes any more and nobody is there. */
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
    this.#room.close();
    this.#pacer.close();
  }

  /** Somebody answers for it now. */
  proven(connection: Connection): void {
    this.#room.leave(connection);
    this.#traffic.proven(connection);
  }

  blamed({ source, isTrusted }: Connection, fault: Fault): void {
    // Where all is plain there is one source, which is us.
    if (this.#options.tls === undefined || isTrusted) return;
    if (!this.#penalties.blame(source, fault)) return;
    this.#options.logger.warn("shut out a source of bad connections", { source, fault });
    this.#options.onShutOut?.(source, fault);
  }

  /** Not at once: whoever comes again and again would cost a core. Nothing of it is read meanwhile. */
  #turnAway(socket: Socket): void {
    if (this.#shutOutCount >= LISTEN_LIMITS.shutOutHeldMax) {
      socket.resetAndDestroy();
      return;
    }
    this.#shutOutCount += 1;
    this.#pacer.later(() => {
      this.#shutOutCount -= 1;
      socket.resetAndDestroy();
    });
  }

  #late(connection: Connection): void {
    this.blamed(connection, "grace");
    if (connection.hello === "said") return connection.destroy();
    connection.hello = "late";
    this.#pacer.later(() => {
      connection.destroy();
    });
  }

  #accept(socket: Socket): void {
    const connection = this.#keep(socket);
    if (!connection.isTrusted && this.#penalties.shutsOut(connection.source)) {
      this.#turnAway(socket);
      return;
    }
    this.#room.enter(connection);
    connection.refusal = this.#crowding.admit(connection, () =>
      this.#room.makeRoom(LISTEN_LIMITS.silentAfterMs),
    );
    const front = this.#front;
    if (front === undefined) this.#awaitHttp2(connection);
    else
      awaitFirstBytes(
        socket,
        judgeTls,
        (verdict) => {
          const inTime = verdict === "good" && connection.hello === "awaited";
          if (!inTime) return connection.destroy();
          connection.hello = "said";
          front.shake(connection);
        },
        (look) => {
          const sinceMs = systemClock.nowMs() - connection.sinceMs;
          if (sinceMs <= LISTEN_LIMITS.promptMsMax) look();
          else this.#pacer.later(look);
        },
      );
  }

  #secured(connection: Connection): void {
    if (connection.peer.class !== "none") connection.vouch();
    this.#awaitHttp2(connection);
  }

  #awaitHttp2(connection: Connection): void {
    awaitFirstBytes(connection.speaks, judgeHttp2, (verdict) => {
      if (verdict === "good") this.#enter(connection);
      else connection.destroy();
    });
  }

  #enter(connection: Connection): void {
    const plain = this.#options.tls === undefined;
    connection.kind = plain || connection.peer.class === "machine" ? "machine" : "user";
    connection.hasEntered = true;
    this.#traffic.add(connection);
    this.#options.onReady(connection);
  }

  #keep(socket: Socket): Connection {
    const connection = new Connection(socket, {
      nowMs: systemClock.nowMs(),
      isTrusted: this.#isTrusted(socket),
      guard: this,
    });
    this.#connections.add(connection);
    // A raw connection may break before or between calls; its calls hear of it themselves.
    socket.on("error", (error) => {
      this.#options.logger.debug("connection broke", { peer: connection.address, error: error.message });
    });
    socket.once("close", () => {
      this.#connections.delete(connection);
      this.#traffic.remove(connection);
      if (this.#room.leave(connection) && !connection.hasCalled)
        this.blamed(connection, connection.hasEntered ? "idle" : "silence");
    });
    return connection;
  }

  #isTrusted({ remoteAddress = "" }: Socket): boolean {
    if (this.#trusted === undefined) return false;
    const family = isIP(remoteAddress);
    return family !== 0 && this.#trusted.check(remoteAddress, family === 4 ? "ipv4" : "ipv6");
  }
}

/** As many as the kernel holds for us (net.core.somaxconn): a burst of bad clients must not keep a good one out. */
const BACKLOG = 4_096;

function notWithoutTls(where: string): ConfedError {
  return new ConfedError(
    "failed_precondition",
    `${where} can be reached from other hosts, and there is no TLS`,
    { where, hint: "enrol this host, listen on 127.0.0.1, or say --insecure-listen" },
  );
}

function networksOf(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = "", bits] = text.split("/");
    try {
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      if (bits === undefined) list.addAddress(address, family);
      else list.addSubnet(address, Number(bits), family);
    } catch (cause) {
      throw new ConfedError("invalid_argument", `"${text}" is not an address or a network`, {
        cause,
        hint: 'write "10.1.2.3" or "10.1.0.0/16"',
      });
    }
  }
  return list;
}
