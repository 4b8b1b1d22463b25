import type { Socket } from "node:net";
import { type Clock, ConfedError, withDeadline } from "@confed/kernel";
import type { TransportDeps } from "../deps.ts";
import { CONNECT_TIMEOUT_MS } from "../transport.ts";
import type { Address } from "./name-resolver.ts";
import { hostPort, socketError } from "./socket-error.ts";

/** Where to connect to, and for how long to try. */
export interface DialTarget {
  /** A name or a numeric address of either family. */
  readonly host: string;
  readonly port: number;
  readonly signal: AbortSignal;
  /** Resolving and connecting together; {@link CONNECT_TIMEOUT_MS} unless given. */
  readonly timeoutMs?: number | undefined;
}

/** How long one address may keep silent before the next is tried beside it. */
const NEXT_ADDRESS_AFTER_MS = 2_500;
/** An idle connection is probed after this; the kernel gives up 10 probes of a second later. */
const KEEPALIVE_IDLE_MS = 10_000;

/**
 * Connect to a host over its addresses in the order of the resolver (getaddrinfo sorts them by
 * RFC 6724): the next one when one fails or after 2.5 s of silence, the first that answers wins.
 *
 * Rejects with a ConfedError whose `where` is `host:port`; "canceled" if the signal said so. The
 * sockets that lost are destroyed before this settles. `makeSocket` gives a fresh, unconnected
 * socket for every address: a LinkSocket for links, a plain one for libraries that read
 * themselves. TCP_NODELAY and keepalive are set on the winner.
 */
export async function dial<S extends Socket>(
  deps: Pick<TransportDeps, "clock" | "resolver">,
  target: DialTarget,
  makeSocket: () => S,
): Promise<S> {
  const { host, port, signal, timeoutMs = CONNECT_TIMEOUT_MS } = target;
  const where = hostPort(host, port);
  try {
    const socket = await withDeadline(
      { clock: deps.clock, timeoutMs, what: `connecting to ${where}` },
      signal,
      async (inner) => {
        const addresses = await deps.resolver.resolve(host, inner);
        return firstToConnect(deps.clock, addresses, inner, (address) => {
          const made = makeSocket();
          made.connect({ host: address.address, port, family: address.family });
          return { socket: made, where: address.address === host ? where : `${where} (${address.address})` };
        });
      },
    );
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEPALIVE_IDLE_MS);
    return socket;
  } catch (reason) {
    if (signal.aborted) throw canceled(where, signal.reason);
    const error = ConfedError.from(reason);
    throw new ConfedError(error.code, error.rawMessage, {
      subject: error.subject,
      where,
      hint:
        error.hint ??
        (error.code === "deadline_exceeded"
          ? "check that the host is up and that no firewall drops the connection"
          : undefined),
      cause: error.cause ?? error,
    });
  }
}

/** The error of an `open` or a `dial` whose caller gave up. */
export function canceled(where: string, reason: unknown): ConfedError {
  return new ConfedError("canceled", `connecting to ${where} was given up`, { where, cause: reason });
}

/** An attempt under way: a socket whose `connect` was called. */
export interface Attempt<S extends Socket> {
  readonly socket: S;
  /** For the error, should this one fail. */
  readonly where: string;
}

/**
 * Resolves to the first socket that connects; all others are destroyed by then. Rejects with the
 * most telling failure when all failed, or with the signal's reason.
 */
function firstToConnect<S extends Socket>(
  clock: Clock,
  addresses: readonly Address[],
  signal: AbortSignal,
  begin: (address: Address) => Attempt<S>,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const waiting = [...addresses];
    const running = new Set<S>();
    const failures: ConfedError[] = [];
    let disarm = (): void => undefined;

    const settle = (act: () => void) => {
      disarm();
      waiting.length = 0;
      signal.removeEventListener("abort", onAbort);
      for (const socket of running) socket.destroy();
      running.clear();
      act();
    };
    const onAbort = () => {
      settle(() => {
        reject(ConfedError.from(signal.reason));
      });
    };
    const next = () => {
      disarm();
      const address = waiting.shift();
      if (address === undefined) {
        if (running.size === 0) {
          settle(() => {
            reject(mostTelling(failures));
          });
        }
        return;
      }
      const attempt = begin(address);
      running.add(attempt.socket);
      // The winner keeps this listener: an error before its owner listens must not end the process.
      attempt.socket.on("error", (error) => {
        if (!running.delete(attempt.socket)) return;
        failures.push(socketError(error, attempt.where, "connecting"));
        next();
      });
      attempt.socket.once("connect", () => {
        if (!running.delete(attempt.socket)) return;
        settle(() => {
          resolve(attempt.socket);
        });
      });
      if (waiting.length > 0) disarm = clock.after(NEXT_ADDRESS_AFTER_MS, next);
    };

    if (signal.aborted) onAbort();
    else {
      signal.addEventListener("abort", onAbort, { once: true });
      next();
    }
  });
}

// A refusal proves that the host is there; the other family often just has no route.
function mostTelling(failures: readonly ConfedError[]): ConfedError {
  return (
    failures.find(({ code }) => code === "connection_refused") ??
    failures[0] ??
    new ConfedError("name_unresolved", "the name has no address")
  );
}
