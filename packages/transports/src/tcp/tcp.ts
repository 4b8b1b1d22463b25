import type { TransportDeps, TransportFactory } from "../deps.ts";
import { adoptLink, dialLink } from "../net/dial-link.ts";
import type { AdoptOptions, Link, OpenOptions, PortableLink, Transport } from "../transport.ts";

/** A console behind a plain TCP port: a terminal server's raw port, a simulator. */
export interface TcpOptions {
  /** A name or a numeric address. */
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs?: number | undefined;
}

/** Raw TCP: what the console prints is what the socket carries. No break. */
export function tcp(options: TcpOptions): TransportFactory {
  return (deps) => new Tcp(options, deps);
}

/** Ten thousand of these are kept: two fields instead of a closure for each method. */
class Tcp implements Transport {
  readonly #options: TcpOptions;
  readonly #deps: TransportDeps;

  constructor(options: TcpOptions, deps: TransportDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  get kind(): "tcp" {
    return "tcp";
  }

  open({ signal, sink }: OpenOptions): Promise<Link> {
    const { host, port, connectTimeoutMs: timeoutMs } = this.#options;
    return dialLink(this.#deps, { host, port, signal, timeoutMs }, sink);
  }

  adopt(options: AdoptOptions): PortableLink {
    return adoptLink(this.#deps, this.#options, options);
  }
}
