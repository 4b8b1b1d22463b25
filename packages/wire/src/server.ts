import { createServer, type Socket } from "node:net";
import { ConfedError, InvariantError, type Logger, systemClock } from "@confed/kernel";
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { type MethodShape, serviceDefinition } from "./contract-definitions.ts";
import { Crowding } from "./crowding.ts";
import { toStatus } from "./error-detail.ts";
import { WIRE_LIMITS } from "./limits.ts";
import { outletOf } from "./outlet-of.ts";
import { type Handlers, SERVICES, type ServiceName } from "./services.ts";
import type { Duplex } from "./streams.ts";

export interface ServerOptions {
  /** Loopback only, until TLS exists; the configuration refuses anything else. Port 0: any. */
  readonly listen: { readonly host: string; readonly port: number };
  /** A listener that another process made, inherited: used instead of a new one. */
  readonly inherited?: number | undefined;
  readonly services: { readonly [S in ServiceName]?: Handlers<S> };
  readonly logger: Logger;
}

export interface RunningServer {
  /** The port that was bound. */
  readonly port: number;
  /** Of the listener, for a process that is to inherit it; undefined once closed. */
  readonly descriptor: number | undefined;
  /** Calls that run go on. Whoever comes or asks from now on is sent elsewhere: to whoever listens there. */
  retire(): void;
  /** Lets calls that are ending end, then ends every call and connection. Idempotent, never rejects. */
  close(): Promise<void>;
}

/**
 * Serve. The listener is ours and sockets are injected into grpc-js: that is where TLS, classes of
 * identity and limits on raw connections have their place. Rejects with "conflict" when the
 * address is taken.
 */
export async function startServer({
  listen,
  inherited,
  services,
  logger,
}: ServerOptions): Promise<RunningServer> {
  const server = new Server({
    // Counts for a debugging service that nobody serves.
    "grpc.enable_channelz": 0,
    "grpc.max_receive_message_length": WIRE_LIMITS.messageBytesMax,
    "grpc.max_send_message_length": WIRE_LIMITS.messageBytesMax,
    "grpc.max_concurrent_streams": WIRE_LIMITS.streamsPerConnectionMax,
    "grpc.keepalive_time_ms": WIRE_LIMITS.keepaliveIntervalMs,
    "grpc.keepalive_timeout_ms": WIRE_LIMITS.keepaliveTimeoutMs,
  });
  const crowding = new Crowding(logger);
  for (const name of Object.keys(services) as ServiceName[]) {
    const handlers = services[name];
    if (handlers !== undefined)
      server.addService(serviceDefinition(name), implementation(name, handlers, crowding));
  }
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    // A raw connection may break before or between calls; its calls hear of it themselves.
    socket.on("error", (error) => {
      logger.debug("connection broke", { peer: socket.remoteAddress, error: error.message });
    });
    socket.once("close", () => sockets.delete(socket));
    crowding.admit(socket);
    injector.injectConnection(socket);
  });
  listener.maxConnections = WIRE_LIMITS.connectionsMax;
  await new Promise<void>((resolve, reject) => {
    listener.once("error", (reason) => {
      const where = `${listen.host}:${listen.port}`;
      const error = ConfedError.from(reason);
      reject(
        new ConfedError(error.code, `cannot listen on ${where}: ${error.rawMessage}`, {
          where,
          cause: reason,
        }),
      );
    });
    if (inherited === undefined) listener.listen(listen.port, listen.host, resolve);
    else listener.listen({ fd: inherited }, resolve);
  });
  listener.on("error", (error) => {
    // Out of descriptors, say: those connected stay, the next accept may work.
    logger.error("listener failed", { error: error.message });
  });
  const address = listener.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : listen.port,
    get descriptor() {
      const { _handle: handle } = listener as { _handle?: { readonly fd?: number } | null };
      return handle?.fd;
    },
    retire() {
      listener.close();
      // GOAWAY: a client connects anew for its next call.
      server.tryShutdown(() => undefined);
    },
    async close() {
      const closed = new Promise<void>((resolve) =>
        // Told also of one that does not listen any more.
        listener.close(() => {
          resolve();
        }),
      );
      await goodbyes(server);
      server.forceShutdown();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** What was said last is on its way before the connections go; who does not end by itself is not waited for. */
function goodbyes(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cancel = systemClock.after(GOODBYE_MS, resolve);
    server.tryShutdown(() => {
      cancel();
      resolve();
    });
  });
}

const GOODBYE_MS = 200;

function implementation<S extends ServiceName>(
  name: S,
  handlers: Handlers<S>,
  crowding: Crowding,
): UntypedServiceImplementation {
  const kinds: Record<string, string> = SERVICES[name];
  const definition = serviceDefinition(name);
  const untyped = handlers as Record<string, (...args: never[]) => unknown>;
  return Object.fromEntries(
    Object.entries(kinds).map(([method, kind]) => {
      const grpcMethod = method.charAt(0).toUpperCase() + method.slice(1);
      const handler = untyped[method];
      const shape = definition[grpcMethod];
      if (handler === undefined || shape === undefined)
        throw new InvariantError(`${name}.${method} has no handler`);
      const serve = kind === "bidi" ? serveBidi : kind === "serverStream" ? serveStream : serveUnary;
      return [grpcMethod, serve(handler as never, shape, crowding)];
    }),
  );
}

function serveUnary(
  handler: (request: object, signal: AbortSignal) => Promise<object>,
  _shape: MethodShape,
  crowding: Crowding,
) {
  return (call: ServerUnaryCall<object, object>, respond: sendUnaryData<object>) => {
    const refusal = crowding.refusalOf(call.getPeer());
    if (refusal !== undefined) {
      respond(toStatus(refusal));
      return;
    }
    const gone = new AbortController();
    let answered = false;
    // Said at the end of every call, also of one that was answered: then there is nothing to give up.
    call.on("cancelled", () => {
      if (!answered) gone.abort(new ConfedError("canceled", "the caller gave up"));
    });
    // Through a promise, so that a handler that throws at once and one that rejects are the same.
    void Promise.resolve()
      .then(() => handler(call.request, gone.signal))
      .then(
        (response) => {
          answered = true;
          respond(null, response);
        },
        (reason: unknown) => {
          answered = true;
          respond(toStatus(reason));
        },
      );
  };
}

function serveStream(
  handler: (request: object, outlet: object) => void,
  shape: MethodShape,
  crowding: Crowding,
) {
  return (call: ServerWritableStream<object, object>) => {
    const { outlet, over } = serverOutlet(call, shape);
    const refusal = crowding.refusalOf(call.getPeer());
    if (refusal !== undefined) {
      outlet.end(refusal);
      return;
    }
    call.on("cancelled", () => {
      over(new ConfedError("canceled", "the caller gave up"));
    });
    guarded(outlet, () => {
      handler(call.request, outlet);
    });
  };
}

function serveBidi(
  handler: (stream: Duplex<object, object>) => void,
  shape: MethodShape,
  crowding: Crowding,
) {
  return (call: ServerDuplexStream<object, object>) => {
    const { outlet, over } = serverOutlet(call, shape);
    const refusal = crowding.refusalOf(call.getPeer());
    if (refusal !== undefined) {
      outlet.end(refusal);
      return;
    }
    call.pause();
    const stream: Duplex<object, object> = Object.defineProperties(
      {
        peer: call.getPeer(),
        receive(onMessage: (message: object) => void, onEnd: (error?: ConfedError) => void) {
          let ended = false;
          const endOnce = (error?: ConfedError) => {
            if (ended) return;
            ended = true;
            onEnd(error);
          };
          call.on("data", (message: object) => {
            guarded(outlet, () => {
              onMessage(message);
            });
          });
          call.on("end", () => {
            endOnce();
          });
          call.on("cancelled", () => {
            const reason = new ConfedError("canceled", "the client is gone");
            over(reason);
            endOnce(reason);
          });
          call.resume();
        },
        pause: () => call.pause(),
        resume: () => call.resume(),
        cancel() {
          outlet.end(new ConfedError("canceled", "given up by the server"));
        },
      },
      Object.getOwnPropertyDescriptors(outlet),
    ) as unknown as Duplex<object, object>;
    guarded(outlet, () => {
      handler(stream);
    });
  };
}

/** A handler that throws ends its own call, nobody else's. */
function guarded(outlet: { end(error?: ConfedError): void }, run: () => void): void {
  try {
    run();
  } catch (reason) {
    outlet.end(ConfedError.from(reason));
  }
}

type Writing = Pick<ServerWritableStream<object, object>, "write" | "emit"> & { end(): unknown };

function serverOutlet(call: Writing, shape: MethodShape) {
  const parts = outletOf<object>({
    call,
    encode: (message) => shape.responseSerialize(message),
    finish(error) {
      if (error === undefined) call.end();
      else call.emit("error", toStatus(error));
      parts.over(error ?? new ConfedError("canceled", "the stream ended"));
    },
  });
  return parts;
}
