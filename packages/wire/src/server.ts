import type { Socket } from "node:net";
import type { HostPort, Logger } from "@confed/kernel";
import { serviceDefinition } from "./contract-definitions.ts";
import { WIRE_LIMITS } from "./limits.ts";
import { Entrance } from "./listen/entrance.ts";
import { LISTEN_LIMITS } from "./listen/listen-limits.ts";
import { Listener } from "./listen/listener.ts";
import type { PeerIdentity } from "./listen/peer-identity.ts";
import type { Fault } from "./listen/penalties.ts";
import type { TlsProvider } from "./listen/tls-material.ts";
import { implementation } from "./serve-calls.ts";
import type { Handlers, ServiceName } from "./services.ts";

export interface ServerOptions {
  /** Port 0: any. Undefined: nobody comes but by {@link RunningServer.take}. */
  readonly listen: HostPort | undefined;
  /** A listening socket that another process made, inherited: used instead of a new one. */
  readonly inherited?: number | undefined;
  readonly services: { readonly [S in ServiceName]?: Handlers<S> };
  /** Without it everything is plain, which is refused beyond loopback. */
  readonly tls?: TlsProvider | undefined;
  /** Addresses or networks whose connections are never shut out, nor counted by source. */
  readonly trustedSources?: readonly string[] | undefined;
  /** Plain beyond loopback all the same. Logged as an error at each start. */
  readonly insecure?: boolean | undefined;
  readonly logger: Logger;
  /** Told when a source is shut out, and for what. */
  readonly onShutOut?: ((source: string, fault: Fault) => void) | undefined;
}

export interface RunningServer {
  /** The port that was bound; 0: none. */
  readonly port: number;
  /** Of the listener, for a process that is to inherit it; undefined once closed. */
  readonly descriptor: number | undefined;
  /** Serve a connection that was accepted elsewhere, by somebody who knows who that is. */
  take(socket: Socket, peer: PeerIdentity): void;
  /** Calls that run go on. Whoever comes or asks from now on is sent elsewhere: to whoever listens there. */
  retire(): void;
  /** Lets calls that are ending end, then ends every call and connection. Idempotent, never rejects. */
  close(): Promise<void>;
}

/**
 * Serve. Machines, and whoever comes plain, get one gRPC server; everybody else who comes over TLS gets another
 * with the limits of users. Rejects with "conflict" when the address is taken, with
 * "failed_precondition" where plain is not allowed.
 */
export async function startServer({ services, ...options }: ServerOptions): Promise<RunningServer> {
  const machines = new Entrance({
    streamsMax: WIRE_LIMITS.streamsPerConnectionMax,
    sessionMegabytesMax: LISTEN_LIMITS.machineSessionMegabytesMax,
    callsProve: options.tls === undefined,
  });
  const users = new Entrance({
    streamsMax: WIRE_LIMITS.callsPerUserConnectionMax + WIRE_LIMITS.refusedCallsMax,
    sessionMegabytesMax: LISTEN_LIMITS.userSessionMegabytesMax,
    callsProve: false,
  });
  for (const name of Object.keys(services) as ServiceName[]) {
    const handlers = services[name];
    if (handlers === undefined) continue;
    for (const entrance of [machines, users])
      entrance.add(
        serviceDefinition(name),
        implementation(name, handlers, (metadata) => entrance.connectionOf(metadata)),
      );
  }
  const listener = new Listener({
    ...options,
    onReady: (connection) => {
      (connection.kind === "machine" ? machines : users).enter(connection);
    },
  });
  await listener.listen();
  return {
    port: listener.port,
    get descriptor() {
      return listener.descriptor;
    },
    take(socket, peer) {
      listener.take(socket, peer);
    },
    retire() {
      listener.stopListening();
      machines.retire();
      users.retire();
    },
    async close() {
      const closed = listener.closed();
      await Promise.all([machines.close(), users.close()]);
      listener.hangUp();
      await closed;
    },
  };
}
