import { ConfedError, InvariantError } from "@confed/kernel";
import type {
  Metadata,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { type MethodShape, serviceDefinition } from "./contract-definitions.ts";
import { hangUpSoon } from "./crowding.ts";
import { toStatus } from "./error-detail.ts";
import type { Connection } from "./listen/connection.ts";
import type { Call } from "./listen/peer-identity.ts";
import { outletOf } from "./outlet-of.ts";
import { type Handlers, SERVICES, type ServiceName } from "./services.ts";
import type { Duplex } from "./streams.ts";

/** Over which connection a call came, by its metadata. */
export type ConnectionOf = (metadata: Metadata) => Connection;

/**
 * The handlers of a service as gRPC calls them. Each call is refused where its connection is, and
 * told who makes it.
 */
export function implementation<S extends ServiceName>(
  name: S,
  handlers: Handlers<S>,
  connectionOf: ConnectionOf,
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
      return [grpcMethod, serve(handler as never, shape, connectionOf)];
    }),
  );
}

function serveUnary(
  handler: (request: object, signal: AbortSignal, call: Call) => Promise<object>,
  _shape: MethodShape,
  connectionOf: ConnectionOf,
) {
  return (call: ServerUnaryCall<object, object>, respond: sendUnaryData<object>) => {
    const connection = admitted(call, connectionOf);
    if (connection instanceof ConfedError) {
      respond(toStatus(connection));
      return;
    }
    const gone = new AbortController();
    call.on("cancelled", () => {
      gone.abort(new ConfedError("canceled", "the caller gave up"));
    });
    // Through a promise, so that a handler that throws at once and one that rejects are the same.
    void Promise.resolve()
      .then(() => handler(call.request, gone.signal, callOf(connection, call)))
      .then(
        (response) => {
          respond(null, response);
        },
        (reason: unknown) => {
          respond(toStatus(reason));
        },
      );
  };
}

function serveStream(
  handler: (request: object, outlet: object, call: Call) => void,
  shape: MethodShape,
  connectionOf: ConnectionOf,
) {
  return (call: ServerWritableStream<object, object>) => {
    const { outlet, over } = serverOutlet(call, shape);
    const connection = admitted(call, connectionOf);
    if (connection instanceof ConfedError) {
      outlet.end(connection);
      return;
    }
    call.on("cancelled", () => {
      over(new ConfedError("canceled", "the caller gave up"));
    });
    guarded(outlet, () => {
      handler(call.request, outlet, callOf(connection, call));
    });
  };
}

function serveBidi(
  handler: (stream: Duplex<object, object>, call: Call) => void,
  shape: MethodShape,
  connectionOf: ConnectionOf,
) {
  return (call: ServerDuplexStream<object, object>) => {
    const { outlet, over } = serverOutlet(call, shape);
    const connection = admitted(call, connectionOf);
    if (connection instanceof ConfedError) {
      outlet.end(connection);
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
      handler(stream, callOf(connection, call));
    });
  };
}

/** Who makes the call: the connection says, and a token of its own, if there is one. */
function callOf(connection: Connection, { metadata }: { readonly metadata: Metadata }): Call {
  const [authorization] = metadata.get("authorization");
  if (typeof authorization !== "string") return connection;
  const [, bearer = ""] = /^Bearer (\S{1,1024})$/i.exec(authorization) ?? [];
  return { peer: connection.peer, bearer };
}

/** The connection of a call, or why the call is refused. */
function admitted(
  call: { readonly metadata: Metadata },
  connectionOf: ConnectionOf,
): Connection | ConfedError {
  try {
    const connection = connectionOf(call.metadata);
    if (connection.refusal === undefined) return connection;
    hangUpSoon(connection);
    return connection.refusal;
  } catch (reason) {
    return ConfedError.from(reason);
  }
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
