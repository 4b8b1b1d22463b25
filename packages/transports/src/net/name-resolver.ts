import { isIP } from "node:net";
import type { Clock, Logger, Scope } from "@confed/kernel";
import type { Address } from "./address.ts";
import { rememberAnswers } from "./remember-answers.ts";
import { ResolverChild } from "./resolver-child.ts";

/** Names to addresses as the host's own programs see them: /etc/hosts and search domains count. */
export interface NameResolver {
  /**
   * The addresses of a host, best first, never empty; a numeric address gives itself at once.
   * Takes 5 s at most. Rejects with "name_unresolved" or "resource_exhausted" naming the host,
   * or with the signal's reason.
   */
  resolve(host: string, signal: AbortSignal): Promise<readonly Address[]>;
}

/** What a resolver lives on. */
export interface NameResolverDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** When it closes, the child is killed and whoever waits is told "canceled". */
  readonly scope: Scope;
}

/**
 * Start the process's resolver: getaddrinfo in a child process of its own, because a name server
 * that does not answer holds a thread for half a minute, and ours also carry file I/O. The child
 * starts at the first name; where all hosts are numeric there is none.
 */
export function startNameResolver({ clock, logger, scope }: NameResolverDeps): NameResolver {
  const child = new ResolverChild({
    clock,
    logger,
    onLateAnswer: (host, addresses) => {
      names.learn(host, addresses);
    },
  });
  scope.own(() => child.close());
  const names = rememberAnswers({ clock, logger, lookup: (host) => child.lookup(host) });
  return {
    resolve(host, signal) {
      const family = isIP(host);
      if (family === 4 || family === 6) return Promise.resolve([{ address: host, family }]);
      return orAborted(names.resolve(host), signal);
    },
  };
}

/** The promise's outcome, or the signal's reason if that comes first. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener("abort", onAbort);
    });
  });
}
