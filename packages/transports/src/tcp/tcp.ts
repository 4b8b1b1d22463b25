import type { TransportFactory } from "../deps.ts";
import { adoptLink, dialLink } from "../net/dial-link.ts";

/** A console behind a plain TCP port: a terminal server's raw port, a simulator. */
export interface TcpOptions {
  /** A name or a numeric address. */
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs?: number | undefined;
}

/** Raw TCP: what the console prints is what the socket carries. No break. */
export function tcp({ host, port, connectTimeoutMs }: TcpOptions): TransportFactory {
  return (deps) => ({
    kind: "tcp",
    open: ({ signal, sink }) => dialLink(deps, { host, port, signal, timeoutMs: connectTimeoutMs }, sink),
    adopt: (options) => adoptLink(deps, { host, port }, options),
  });
}
