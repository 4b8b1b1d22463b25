import { type Cancel, ConfedError, InvariantError, systemClock } from "@confed/kernel";
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
import { WIRE_LIMITS } from "./limits.ts";
import type { Connection } from "./listen/connection.ts";
import { LISTEN_LIMITS } from "./listen/listen-limits.ts";
import { BEHALF_HEADER, type Call, type PeerIdentity } from "./listen/peer-identity.ts";
import { outletOf } from "./outlet-of.ts";
import { type Handlers, SERVICES, type ServiceName, type WhenAnswered } from "./services.ts";
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
  const kinds: Record<string, keyof typeof SERVE> = SERVICES[name];
  const definition = serviceDefinition(name);
  const untyped = handlers as Record<string, (...args: never[]) => unknown>;
  return Object.fromEntries(
    Object.entries(kinds).map(([method, kind]) => {
      const grpcMethod = method.charAt(0).toUpperCase() + method.slice(1);
      const handler = untyped[method];
      const shape = definition[grpcMethod];
      if (handler === undefined || shape === undefined)
        throw new InvariantError(`${name}.${method} has no handler`);
      return [grpcMethod, admitting(SERVE[kind](handler as never, shape), connectionOf)];
    }),
  );
}

const SERVE = { atOnce: serveAtOnce, bidi: serveBidi, serverStream: serveStream, unary: serveUnary } as const;

/** Nothing is made that only a call that takes its time needs: a head has hundreds of these a second. */
function serveAtOnce(handler: (request: object, call: Call) => object) {
  return (connection: Connection, call: ServerUnaryCall<object, object>, respond: sendUnaryData<object>) => {
    // With a promise, so that a bug ends the process and not only the call.
    const answer = async () => {
      let response: object;
      try {
        response = handler(call.request, callOf(connection, call));
      } catch (reason) {
        respond(toStatus(reason));
        return;
      }
      respond(null, response);
    };
    void answer();
  };
}

function serveUnary(
  handler: (request: object, signal: AbortSignal, call: Call, whenAnswered: WhenAnswered) => Promise<object>,
) {
  return (connection: Connection, call: ServerUnaryCall<object, object>, respond: sendUnaryData<object>) => {
    const gone = new AbortController();
    let answered = false;
    // Said at the end of every call, also of one that was answered: then there is nothing to give up.
    call.on("cancelled", () => {
      if (!answered) gone.abort(new ConfedError("canceled", "the caller gave up"));
    });
    // Nobody listens to it but a process that is to end with this answer.
    const whenAnswered: WhenAnswered = (told) =>
      call.once("cancelled", () => {
        whenRead(connection, told);
      });
    // Through a promise, so that a handler that throws at once and one that rejects are the same.
    void Promise.resolve()
      .then(() => handler(call.request, gone.signal, callOf(connection, call), whenAnswered))
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

/**
 * The last of an answer is with the kernel: whoever ends a process now may take it from a peer that has not read
 * it. One that has, and asked for nothing else, closes its connection.
 */
function whenRead({ socket }: Connection, told: () => void): void {
  if (socket.destroyed) {
    told();
    return;
  }
  const cancel = systemClock.after(READ_MS_MAX, told);
  socket.once("close", () => {
    cancel();
    told();
  });
}

/** For a peer that keeps its connection. */
const READ_MS_MAX = 500;

function serveStream(handler: (request: object, outlet: object, call: Call) => void, shape: MethodShape) {
  return (connection: Connection, call: ServerWritableStream<object, object>) => {
    const { outlet, over } = serverOutlet(call, shape, connection);
    call.on("cancelled", () => {
      over(new ConfedError("canceled", "the caller gave up"));
    });
    guarded(outlet, () => {
      handler(call.request, outlet, callOf(connection, call));
    });
  };
}

function serveBidi(handler: (stream: Duplex<object, object>, call: Call) => void, shape: MethodShape) {
  return (connection: Connection, call: ServerDuplexStream<object, object>) => {
    const { outlet, over } = serverOutlet(call, shape, connection);
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
  const [behalf] = metadata.get(BEHALF_HEADER);
  if (typeof authorization !== "string" && typeof behalf !== "string") return connection;
  const [, bearer = ""] = /^Bearer (\S{1,1024})$/i.exec(String(authorization)) ?? [];
  return {
    peer: connection.peer,
    bearer: authorization === undefined ? undefined : bearer,
    behalf: behalfIn(behalf),
    vouch() {
      connection.vouch();
    },
    blame() {
      connection.blame();
    },
  };
}

function behalfIn(header: string | Buffer | undefined): PeerIdentity | undefined {
  if (typeof header !== "string") return undefined;
  try {
    return JSON.parse(decodeURIComponent(header)) as PeerIdentity;
  } catch {
    return undefined; // Of somebody who will not be believed anyway.
  }
}

type Serve = (connection: Connection, call: never, respond: never) => void;

/** What gRPC calls: a call is served where its connection admits it, and refused in words where not. */
function admitting(serve: Serve, connectionOf: ConnectionOf) {
  return (call: AnyCall, respond?: sendUnaryData<object>) => {
    const connection = admitted(call, connectionOf);
    if (!(connection instanceof ConfedError)) serve(connection, call as never, respond as never);
    else if (respond === undefined) call.emit("error", toStatus(connection));
    else respond(toStatus(connection));
  };
}

interface AnyCall {
  readonly metadata: Metadata;
  emit(event: "error", error: unknown): boolean;
}

/** The connection of a call, or why the call is refused. */
function admitted(
  call: { readonly metadata: Metadata },
  connectionOf: ConnectionOf,
): Connection | ConfedError {
  try {
    const connection = connectionOf(call.metadata);
    if (connection.refusal !== undefined) {
      hangUpSoon(connection);
      return connection.refusal;
    }
    const callsMax = WIRE_LIMITS.callsPerUserConnectionMax;
    if (connection.kind === "machine" || connection.callCount <= callsMax) return connection;
    return new ConfedError("resource_exhausted", `there are ${callsMax} calls over this connection already`, {
      hint: "end some of them, or connect once more",
    });
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

function serverOutlet(call: Writing, shape: MethodShape, connection: Connection) {
  connection.outletCount += 1;
  let cancel: Cancel | undefined;
  const parts = outletOf<object>({
    call,
    encode: (message) => shape.responseSerialize(message),
    finish(error) {
      if (error === undefined) call.end();
      else call.emit("error", toStatus(error));
      over(error ?? new ConfedError("canceled", "the stream ended"));
    },
    handedBytesMax: () => shareOf(connection),
    onBegin() {
      // Only a window that was never opened keeps a first message: TCP's own buffers take more.
      cancel = systemClock.after(LISTEN_LIMITS.untakenMsMax, () => {
        if (!parts.outlet.signal.aborted && parts.outlet.takenBytes === 0) connection.condemn();
      });
    },
  });
  const over = (reason: ConfedError) => {
    if (!parts.outlet.signal.aborted) connection.outletCount -= 1;
    cancel?.();
    parts.over(reason);
  };
  return { outlet: parts.outlet, over };
}

/** What one call may have handed to HTTP/2 unsent: its share of what its connection may. */
function shareOf({ kind, outletCount }: Connection): number {
  const ofAll = kind === "machine" ? WIRE_LIMITS.machineHandedBytesMax : WIRE_LIMITS.userHandedBytesMax;
  return Math.min(WIRE_LIMITS.handedBytesMax, Math.max(WIRE_LIMITS.handedBytesMin, ofAll / outletCount));
}
