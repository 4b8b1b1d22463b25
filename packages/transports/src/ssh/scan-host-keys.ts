import { ConfedError, formatHostPort } from "@confed/kernel";
import type { TransportDeps } from "../deps.ts";
import { withConnectDeadline } from "../net/connect-deadline.ts";
import { dial } from "../net/dial.ts";
import { HOST_KEY_TYPES, type HostKeyType, lacksHostKeyType, offeredAlgorithms } from "./algorithms.ts";
import { fingerprint, keyType, knownHostsLine } from "./known-hosts.ts";
import { SshSocket } from "./ssh-socket.ts";

/** A server whose host keys are wanted. */
export interface HostKeyTarget {
  readonly console: string;
  readonly host: string;
  readonly port: number;
}

/** One key of a target, or why the target has none for us. */
export type ScannedHostKey =
  | (HostKeyTarget & { readonly type: string; readonly fingerprint: string; readonly knownHostsLine: string })
  | (HostKeyTarget & { readonly error: ConfedError });

/** How a scan is run. */
export interface ScanOptions {
  readonly deps: TransportDeps;
  /** Targets at a time; each of them has one connection at a time. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

/**
 * Ask servers for their host keys, one connection for each type of key, without logging in. The
 * servers prove that they have the keys; that they are the right servers only a person can tell.
 * Yields in the order of answers; a target yields its keys or one error. Throws only if aborted.
 */
export async function* scanHostKeys(
  targets: Iterable<HostKeyTarget>,
  options: ScanOptions,
): AsyncGenerator<ScannedHostKey, void, undefined> {
  const waiting = targets[Symbol.iterator]();
  const running = new Map<
    HostKeyTarget,
    Promise<{ target: HostKeyTarget; found: readonly ScannedHostKey[] }>
  >();
  const stop = new AbortController();
  const follow = () => {
    stop.abort(options.signal.reason);
  };
  if (options.signal.aborted) follow();
  options.signal.addEventListener("abort", follow, { once: true });
  try {
    for (;;) {
      while (running.size < options.concurrency) {
        const next = waiting.next();
        if (next.done === true) break;
        const target = next.value;
        running.set(
          target,
          scanTarget(target, { ...options, signal: stop.signal }).then((found) => ({ target, found })),
        );
      }
      if (running.size === 0) return;
      const { target, found } = await Promise.race(running.values());
      running.delete(target);
      if (options.signal.aborted) throw ConfedError.from(options.signal.reason);
      yield* found;
    }
  } finally {
    // Also when whoever iterates has had enough: no connection outlives the scan.
    stop.abort(new ConfedError("canceled", "the scan was given up"));
    options.signal.removeEventListener("abort", follow);
    await Promise.all(running.values());
  }
}

async function scanTarget(target: HostKeyTarget, options: ScanOptions): Promise<readonly ScannedHostKey[]> {
  const found: ScannedHostKey[] = [];
  for (const type of HOST_KEY_TYPES) {
    try {
      const key = await fetchHostKey(target, type, options);
      if (key === undefined) continue;
      found.push({
        ...target,
        type: keyType(key) ?? type,
        fingerprint: fingerprint(key),
        knownHostsLine: knownHostsLine(target, key),
      });
    } catch (reason) {
      return [{ ...target, error: ConfedError.from(reason) }];
    }
  }
  if (found.length > 0) return found;
  const where = formatHostPort(target);
  return [
    {
      ...target,
      error: new ConfedError(
        "protocol_error",
        `${where} has no host key of the types ${HOST_KEY_TYPES.join(", ")}`,
        { where },
      ),
    },
  ];
}

/** Resolves to undefined if the server has no key of this type. */
async function fetchHostKey(
  target: HostKeyTarget,
  onlyType: HostKeyType,
  { deps, signal, timeoutMs }: ScanOptions,
): Promise<Uint8Array | undefined> {
  const where = formatHostPort(target);
  // Old servers are scanned, too: no secret is shown to them here.
  const algorithms = offeredAlgorithms({ legacy: true, onlyType });
  // With it comes ssh2, which only who scans or dials shall wait for.
  const { SshConnection } = await import("./ssh-connection.ts");
  return withConnectDeadline({ clock: deps.clock, where, signal, timeoutMs }, async (inner) => {
    const socket = await dial(
      deps,
      { host: target.host, port: target.port, signal: inner, timeoutMs },
      () => new SshSocket(where),
    );
    let key: Uint8Array | undefined;
    const verifyHostKey = (shown: Buffer) => {
      key = Uint8Array.from(shown);
      return undefined;
    };
    const connection = new SshConnection({ socket, where, algorithms, verifyHostKey, user: "" });
    try {
      // The key exchange is over only when the signature was good.
      await connection.reach<true>(inner, (reached) => {
        connection.client.once("handshake", () => {
          reached(true);
        });
      });
      return key;
    } catch (reason) {
      const offered = socket.hello.algorithms;
      if (offered !== undefined && lacksHostKeyType(algorithms, offered)) return undefined;
      throw reason;
    } finally {
      connection.close();
      await connection.closed;
    }
  });
}
