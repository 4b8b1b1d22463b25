import type { Socket } from "node:net";
import { type Clock, ConfedError } from "@confed/kernel";
import { socketError } from "./socket-error.ts";

/** A connection attempt under way: a socket whose `connect` was called. */
export interface Attempt<S extends Socket> {
  readonly socket: S;
  /** For the error, should this one fail. */
  readonly where: string;
}

/** Several ways to the same far end. */
export interface Candidates<T, S extends Socket> {
  readonly clock: Clock;
  /** At least one, best first. */
  readonly candidates: readonly T[];
  readonly begin: (candidate: T) => Attempt<S>;
}

/** How long one candidate may keep silent before the next is tried beside it. */
const NEXT_AFTER_MS = 2_500;

/**
 * Try candidates in order, the next one when one fails or after 2.5 s of silence; resolves to the
 * first socket that connects. All others are destroyed by then, and on failure every one is.
 * Rejects with the most telling failure when all failed, or with the signal's reason.
 *
 * The winner keeps an error listener: an error before its owner listens must not end the process.
 */
export function firstToConnect<T, S extends Socket>(
  { clock, candidates, begin }: Candidates<T, S>,
  signal: AbortSignal,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const waiting = [...candidates];
    const running = new Set<S>();
    const failures: ConfedError[] = [];
    let disarm = (): void => undefined;

    const stop = () => {
      disarm();
      waiting.length = 0;
      signal.removeEventListener("abort", onAbort);
      for (const socket of running) socket.destroy();
      running.clear();
    };
    const onAbort = () => {
      stop();
      reject(signal.reason as Error);
    };
    const tryNext = () => {
      disarm();
      const [candidate] = waiting.splice(0, 1);
      if (candidate === undefined) {
        if (running.size > 0) return;
        stop();
        reject(mostTelling(failures));
        return;
      }
      const { socket, where } = begin(candidate);
      running.add(socket);
      const onError = (error: Error) => {
        if (!running.delete(socket)) return;
        failures.push(socketError(error, where, "connecting"));
        tryNext();
      };
      socket.on("error", onError);
      socket.once("connect", () => {
        if (!running.delete(socket)) return;
        stop();
        // Not ours any more: whoever keeps the socket shall not keep the dial alive with it. One listener
        // is enough: a third would make room for twenty, in every socket of ten thousand.
        socket.off("error", onError);
        if (socket.listenerCount("error") === 0) socket.on("error", nobodyListensYet);
        resolve(socket);
      });
      if (waiting.length > 0) disarm = clock.after(NEXT_AFTER_MS, tryNext);
    };

    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    tryNext();
  });
}

// A refusal proves that the host is there; the other family often just has no route.
function mostTelling(failures: readonly ConfedError[]): ConfedError {
  const [first] = failures;
  return (
    failures.find(({ code }) => code === "connection_refused") ??
    first ??
    new ConfedError("name_unresolved", "no address")
  );
}

// An error before the owner listens ends the socket, and "close" tells that.
const nobodyListensYet = (): void => undefined;
