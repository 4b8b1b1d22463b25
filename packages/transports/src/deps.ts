import type { Clock, Logger } from "@confed/kernel";
import type { NameResolver } from "./net/name-resolver.ts";
import type { Transport } from "./transport.ts";

/** What transports need from the process they live in; made once, shared by all of them. */
export interface TransportDeps {
  readonly clock: Clock;
  readonly resolver: NameResolver;
  readonly logger: Logger;
}

/**
 * A console's way, configured but not yet given a process to live in. Every kind exports a
 * function from its options to one of these, so that configuration can be checked without I/O.
 */
export type TransportFactory = (deps: TransportDeps) => Transport;
