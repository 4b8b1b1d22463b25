import type { Http2Server, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import { ConfedError, invariant, systemClock } from "@confed/kernel";
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { WIRE_LIMITS } from "../limits.ts";
import { afterOn } from "./after-on.ts";
import type { Connection } from "./connection.ts";

export interface EntranceOptions {
  /** As HTTP/2 is told; who comes near is refused in words before. */
  readonly streamsMax: number;
  readonly sessionMegabytesMax: number;
  /** Where nobody can prove who it is, a call makes a connection one that may stay. */
  readonly callsProve: boolean;
}

/** The header by which a call is told its connection; what a client sends by that name is overwritten. */
const CONNECTION_HEADER = "confed-connection";

type Headers = Record<string, string | string[] | undefined>;

/** What every call's metadata is asked for. */
interface Metadata {
  get(key: string): readonly (string | Buffer)[];
}

/**
 * A gRPC server that is handed its sockets, with limits of its own for one kind of peer, and knows of
 * each call over which connection it came.
 */
export class Entrance {
  readonly #server: Server;
  readonly #injector: ReturnType<Server["createConnectionInjector"]>;
  readonly #callsProve: boolean;
  readonly #connections = new Map<string, Connection>();
  readonly #sessions = new WeakMap<object, Connection>();
  /** The one that is being handed over: its session begins within that call. */
  #entering: Connection | undefined;
  #retired = false;

  constructor({ streamsMax, sessionMegabytesMax, callsProve }: EntranceOptions) {
    this.#callsProve = callsProve;
    this.#server = new Server({
      // Counts for a debugging service that nobody serves.
      "grpc.enable_channelz": 0,
      "grpc.max_receive_message_length": WIRE_LIMITS.messageBytesMax,
      "grpc.max_send_message_length": WIRE_LIMITS.messageBytesMax,
      "grpc.max_concurrent_streams": streamsMax,
      "grpc-node.max_session_memory": sessionMegabytesMax,
      "grpc.keepalive_time_ms": WIRE_LIMITS.keepaliveIntervalMs,
      "grpc.keepalive_timeout_ms": WIRE_LIMITS.keepaliveTimeoutMs,
    });
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    const http2 = http2ServerOf(this.#server);
    http2.prependListener("session", (session) => {
      const connection = this.#entering;
      if (connection === undefined) return;
      this.#sessions.set(session, connection);
      endWith(session, connection);
    });
    http2.prependListener("stream", (stream, headers) => {
      this.#begin(stream, headers);
    });
    http2.on("sessionError", (error: NodeJS.ErrnoException, session: ServerHttp2Session) => {
      // What nghttp2 gives up on is broken or hostile; anything else, a peer's own error too, is a connection that broke.
      if (PROTOCOL_BROKEN.has(error.code)) this.#sessions.get(session)?.condemn();
    });
  }

  add(definition: ServiceDefinition, implementation: UntypedServiceImplementation): void {
    this.#server.addService(definition, implementation);
  }

  /** Serve the calls of a connection. */
  enter(connection: Connection): void {
    if (this.#retired) {
      // It shook hands meanwhile, and has asked nothing yet: it comes again, and then elsewhere.
      connection.destroy();
      return;
    }
    this.#connections.set(connection.id, connection);
    connection.socket.once("close", () => this.#connections.delete(connection.id));
    this.#entering = connection;
    this.#injector.injectConnection(connection.speaks);
    this.#entering = undefined;
  }

  /** Over which connection a call came. Throws "canceled" for a call whose connection is gone. */
  connectionOf(metadata: Metadata): Connection {
    const [id] = metadata.get(CONNECTION_HEADER);
    const connection = this.#connections.get(String(id));
    if (connection === undefined) throw new ConfedError("canceled", "the client is gone");
    return connection;
  }

  /** Calls that run go on; a client connects anew for its next one, since it is told GOAWAY. */
  retire(): void {
    this.#retired = true;
    this.#server.tryShutdown(() => undefined);
  }

  /** Lets calls that are ending end, then ends the others. Never rejects. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = systemClock.after(GOODBYE_MS, resolve);
      this.#server.tryShutdown(() => {
        cancel();
        resolve();
      });
    });
    this.#server.forceShutdown();
  }

  /** Before gRPC sees a call. */
  #begin(stream: ServerHttp2Stream, headers: Headers): void {
    const connection = stream.session === undefined ? undefined : this.#sessions.get(stream.session);
    headers[CONNECTION_HEADER] = connection?.id ?? "";
    if (connection === undefined) return;
    // grpc-js would inflate what comes deflated; it names what it refuses by this header.
    if (headers["grpc-encoding"] !== undefined && headers["grpc-encoding"] !== "identity")
      headers["grpc-encoding"] = "any: no compression is accepted here";
    connection.hasCalled = true;
    connection.callCount += 1;
    if (this.#callsProve) connection.vouch();
    stream.once("close", () => {
      connection.callCount -= 1;
      if (stream.rstCode !== 0) connection.frames += FRAMES_PER_RESET;
    });
    stream.on("data", ({ length }: Buffer) => {
      connection.frames += 1;
      // What comes when we have said all we have to say is of no use to anybody.
      if (!stream.writableEnded) connection.usefulBytes += length;
    });
  }
}

/** Errors of a session by which Node tells that nghttp2 has given up on the peer. */
const PROTOCOL_BROKEN: ReadonlySet<string | undefined> = new Set([
  "ERR_HTTP2_ERROR",
  "ERR_HTTP2_TOO_MANY_INVALID_FRAMES",
]);

/** A call that is begun to be reset costs as much as so many other frames (20 µs each time). */
const FRAMES_PER_RESET = 20;

/** What was said last is on its way before the connections go; who does not end by itself is not waited for. */
const GOODBYE_MS = 200;

/**
 * End a connection with its session. Node 20 waits for what it was still writing, and over TLS to who is
 * gone that may be for good. One that was closed in order may have a slow line to send its last on.
 */
function endWith(session: ServerHttp2Session, connection: Connection): void {
  const destroy = session.destroy.bind(session);
  session.destroy = (...reason) => {
    const delayMs = session.closed ? GONE_MS : WIRE_LIMITS.farewellMs;
    if (!session.destroyed)
      afterOn(connection.socket, delayMs, () => {
        connection.destroy();
      });
    destroy(...reason);
  };
}

/** Who has not answered for so long is taken for dead anyway. */
const GONE_MS = WIRE_LIMITS.keepaliveIntervalMs + WIRE_LIMITS.keepaliveTimeoutMs;

/**
 * The HTTP/2 server inside a gRPC server with one injector. grpc-js (1.14.7) shows nothing of
 * sessions, but what floods a connection is seen only there.
 */
function http2ServerOf(server: Server): Http2Server {
  const servers = Reflect.get(server, "http2Servers") as Map<Http2Server, unknown>;
  const [http2] = servers.keys();
  invariant(http2 !== undefined, "a gRPC server keeps its injectors' HTTP/2 servers in http2Servers");
  return http2;
}
