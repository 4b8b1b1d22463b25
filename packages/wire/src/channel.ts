import { ConfedError, InvariantError } from "@confed/kernel";
import {
  type CallOptions,
  type ClientDuplexStream,
  type ClientReadableStream,
  connectivityState,
  Client as GrpcClient,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { type MethodShape, serviceDefinition } from "./contract-definitions.ts";
import { UNARY_DEADLINE_MS, type UnaryMethod } from "./deadlines.ts";
import { fromStatus } from "./error-detail.ts";
import { WIRE_LIMITS } from "./limits.ts";
import { type ChannelTls, plainCredentials, TLS_SERVER_NAME, tlsCredentials } from "./listen/client-tls.ts";
import { BEHALF_HEADER, type MachineIdentity, type PeerIdentity } from "./listen/peer-identity.ts";
import { outletOf } from "./outlet-of.ts";
import { type Asking, type Client, SERVICES, type ServiceName } from "./services.ts";
import type { Duplex, Inlet } from "./streams.ts";

export interface Channel<S extends ServiceName> {
  /** `host:port` as given. */
  readonly address: string;
  /** Over TLS. */
  readonly secure: boolean;
  readonly client: Client<S>;
  /** Over TLS, once connected: who answers there. Where that one is locked out later, calls that run end. */
  readonly peer: MachineIdentity | undefined;
  /**
   * Resolves when connected; rejects when the first attempt fails or after `timeoutMs`, with
   * "agent_unreachable" or "head_unreachable". The channel itself goes on trying.
   */
  ready(options: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<void>;
  /** Ends all calls, with "canceled" or with `reason`. Idempotent. */
  close(reason?: ConfedError): void;
}

/**
 * A connection to one service of one peer; connects when first used and again when lost, with
 * back-off. `address` is numeric: names are the resolver's matter. Each channel is a connection of
 * its own: control and relays must not share one. Plain unless there is `tls`.
 */
export function openChannel<S extends ServiceName>(
  service: S,
  address: string,
  tls?: ChannelTls,
): Channel<S> {
  const peer = service === "Head" ? "head" : "agent";
  // grpc-js closes a channel only for new calls: those that run would go on for ever.
  const running = new Set<RunningCall>();
  let closedFor: ConfedError | undefined;
  const endCalls = () => {
    for (const call of running) call.cancel();
  };
  const trust = tls === undefined ? plainCredentials() : tlsCredentials(peer, tls, endCalls);
  const grpcClient = new GrpcClient(address, trust.credentials, {
    "grpc.ssl_target_name_override": TLS_SERVER_NAME,
    "grpc.max_receive_message_length": WIRE_LIMITS.messageBytesMax,
    "grpc.max_send_message_length": WIRE_LIMITS.messageBytesMax,
    "grpc.keepalive_time_ms": WIRE_LIMITS.keepaliveIntervalMs,
    "grpc.keepalive_timeout_ms": WIRE_LIMITS.keepaliveTimeoutMs,
    "grpc.keepalive_permit_without_calls": 1,
    "grpc-node.flow_control_window": WIRE_LIMITS.receiveWindowBytes,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.initial_reconnect_backoff_ms": 250,
    "grpc.max_reconnect_backoff_ms": 5_000,
    "grpc.enable_retries": 0,
    "grpc.enable_channelz": 0,
    // A proxy of the environment is for web pages, never for consoles.
    "grpc.enable_http_proxy": 0,
  });
  const failure = (reason: Partial<ServiceError>) => {
    const error = fromStatus(reason, address, peer);
    if (error.code === "canceled" && closedFor !== undefined) return closedFor;
    // An "unavailable" that the peer said itself came from somebody who can be reached.
    const isOurs = error.code === "canceled" && trust.mistaken !== undefined;
    if (!isOurs && (error.code !== "unavailable" || error.cause === undefined)) return error;
    return new ConfedError(
      `${peer}_unreachable`,
      `${peer} ${address} cannot be reached: ${trust.mistaken ?? error.rawMessage}`,
      {
        where: address,
        cause: reason,
      },
    );
  };
  return {
    address,
    get peer() {
      return trust.peer;
    },
    secure: tls !== undefined,
    client: clientOf(service, grpcClient, {
      failure,
      address,
      running,
      metadata: (behalf) => metadataOf(tls?.bearer?.(), behalf),
    }),
    ready: ({ timeoutMs, signal }) => ready(grpcClient, { timeoutMs, signal, peer, address, trust }),
    close(reason) {
      closedFor ??= reason;
      endCalls();
      grpcClient.close();
      trust.close();
    },
  };
}

type Failure = (reason: Partial<ServiceError>) => ConfedError;

interface RunningCall {
  cancel(): void;
  once(event: "status", listener: () => void): unknown;
}

/** What every call of a channel needs. */
interface CallContext {
  readonly failure: Failure;
  readonly address: string;
  readonly running: Set<RunningCall>;
  /** What goes in front of every call. */
  readonly metadata: (behalf: PeerIdentity | undefined) => Metadata;
}

function metadataOf(bearer: string | undefined, behalf: PeerIdentity | undefined): Metadata {
  const metadata = new Metadata();
  if (behalf !== undefined) metadata.set(BEHALF_HEADER, encodeURIComponent(JSON.stringify(behalf)));
  if (bearer !== undefined) metadata.set("authorization", `Bearer ${bearer}`);
  return metadata;
}

/** Remember a call until its status, which is the last event of each. */
function track<C extends RunningCall>(call: C, running: Set<RunningCall>): C {
  running.add(call);
  call.once("status", () => running.delete(call));
  return call;
}

function clientOf<S extends ServiceName>(
  service: S,
  grpcClient: GrpcClient,
  context: CallContext,
): Client<S> {
  const kinds: Record<string, string> = SERVICES[service];
  const definition = serviceDefinition(service);
  return Object.fromEntries(
    Object.entries(kinds).map(([method, kind]) => {
      const shape = definition[method.charAt(0).toUpperCase() + method.slice(1)];
      if (shape === undefined) throw new InvariantError(`${service}.${method} is not in the contract`);
      if (kind === "bidi") return [method, bidiCall(grpcClient, shape, context)];
      if (kind === "serverStream") return [method, streamCall(grpcClient, shape, context)];
      return [
        method,
        unaryCall(grpcClient, shape, {
          ...context,
          timeoutMs: UNARY_DEADLINE_MS[method as UnaryMethod],
        }),
      ];
    }),
  ) as Client<S>;
}

function unaryCall(
  grpcClient: GrpcClient,
  shape: MethodShape,
  { failure, running, metadata, timeoutMs }: CallContext & { readonly timeoutMs: number },
) {
  return (request: object, { signal, behalf }: Asking): Promise<object> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(ConfedError.from(signal.reason, "canceled"));
        return;
      }
      // gRPC carries absolute wall-clock deadlines inside this process only; a Date is its API.
      const options: CallOptions = { deadline: deadlineIn(timeoutMs) };
      const call = grpcClient.makeUnaryRequest(
        shape.path,
        shape.requestSerialize,
        shape.responseDeserialize,
        request,
        metadata(behalf),
        options,
        (reason: ServiceError | null, response?: object) => {
          signal.removeEventListener("abort", cancel);
          if (reason === null && response !== undefined) resolve(response);
          else reject(signal.aborted ? ConfedError.from(signal.reason, "canceled") : failure(reason ?? {}));
        },
      );
      const cancel = () => {
        call.cancel();
      };
      signal.addEventListener("abort", cancel, { once: true });
      track(call, running);
    });
}

function streamCall(grpcClient: GrpcClient, shape: MethodShape, { failure, running, metadata }: CallContext) {
  return (request: object, { signal, behalf }: Asking): Inlet<object> => {
    const call = grpcClient.makeServerStreamRequest(
      shape.path,
      shape.requestSerialize,
      shape.responseDeserialize,
      request,
      metadata(behalf),
    );
    return inletOf(track(call, running), { failure, signal, over: () => undefined });
  };
}

function bidiCall(
  grpcClient: GrpcClient,
  shape: MethodShape,
  { failure, address, running, metadata }: CallContext,
) {
  return ({ signal, behalf }: Asking): Duplex<object, object> => {
    const call: ClientDuplexStream<object, object> = grpcClient.makeBidiStreamRequest(
      shape.path,
      shape.requestSerialize,
      shape.responseDeserialize,
      metadata(behalf),
    );
    const { outlet, over } = outletOf<object>({
      call,
      encode: (message) => shape.requestSerialize(message),
      finish(error) {
        if (error === undefined) call.end();
        else call.cancel();
      },
    });
    const inlet = inletOf(track(call, running), { failure, signal, over });
    return Object.defineProperties(
      { peer: address, ...inlet },
      Object.getOwnPropertyDescriptors(outlet),
    ) as Duplex<object, object>;
  };
}

interface InletParts {
  readonly failure: Failure;
  readonly signal: AbortSignal;
  readonly over: (reason: ConfedError) => void;
}

function inletOf(call: ClientReadableStream<object>, { failure, signal, over }: InletParts): Inlet<object> {
  call.pause();
  let ended: { readonly error: ConfedError | undefined } | undefined;
  let onEnd: ((error?: ConfedError) => void) | undefined;
  let failed: ConfedError | undefined;
  const end = () => {
    if (ended !== undefined) return;
    ended = { error: failed };
    signal.removeEventListener("abort", cancel);
    over(failed ?? new ConfedError("canceled", "the stream ended"));
    onEnd?.(failed);
  };
  const cancel = () => {
    call.cancel();
  };
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  // "error" comes at once with any status but OK, "end" only after the last message was read: a
  // paused stream hears of its end when it is resumed, behind what it had not read yet.
  call.on("error", (reason: Partial<ServiceError>) => {
    failed = signal.aborted ? ConfedError.from(signal.reason, "canceled") : failure(reason);
    over(failed);
    if (signal.aborted || call.readableLength === 0) end();
  });
  call.on("end", end);
  return {
    receive(onMessage, onEndGiven) {
      onEnd = onEndGiven;
      call.on("data", onMessage);
      if (ended === undefined) call.resume();
      else onEndGiven(ended.error);
    },
    pause: () => call.pause(),
    resume: () => call.resume(),
    cancel,
  };
}

function deadlineIn(timeoutMs: number): Date {
  // eslint-disable-next-line no-restricted-properties -- see unaryCall.
  return new Date(Date.now() + timeoutMs);
}

function ready(
  grpcClient: GrpcClient,
  {
    timeoutMs,
    signal,
    peer,
    address,
    trust,
  }: {
    timeoutMs: number;
    signal: AbortSignal;
    peer: "head" | "agent";
    address: string;
    trust: { readonly mistaken: string | undefined };
  },
): Promise<void> {
  const channel = grpcClient.getChannel();
  const unreachable = (why: string) =>
    new ConfedError(`${peer}_unreachable`, `${peer} ${address} cannot be reached: ${why}`, {
      where: address,
    });
  const deadline = deadlineIn(timeoutMs);
  return new Promise((resolve, reject) => {
    const look = () => {
      if (signal.aborted) {
        reject(ConfedError.from(signal.reason, "canceled"));
        return;
      }
      const state = channel.getConnectivityState(true);
      if (state === connectivityState.READY) resolve();
      else if (state === connectivityState.TRANSIENT_FAILURE)
        reject(unreachable(trust.mistaken ?? "connection refused or lost"));
      else if (state === connectivityState.SHUTDOWN) reject(unreachable("the channel is closed"));
      else {
        channel.watchConnectivityState(state, deadline, (error) => {
          if (error === undefined) look();
          else reject(unreachable(`no answer within ${timeoutMs} ms`));
        });
      }
    };
    look();
  });
}
