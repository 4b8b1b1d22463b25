import type { ErrorCode } from "@confed/kernel";
import type { Transport } from "@confed/transports";
import type { ByteLog } from "./byte-log.ts";

/** A transport and the console at its far end. Each test has one of its own. */
export interface TransportFixture {
  readonly transport: Transport;
  /** Everything the console received, over all links. */
  readonly received: ByteLog;
  /** The console prints: resolves when the bytes are on their way (not: delivered). */
  feed(bytes: Uint8Array): Promise<void>;
  /** The console ends the link in its orderly way, after all that was fed. */
  hangUp(): Promise<void>;
  /** Resolves when the far end holds no connection, channel or child any more. */
  idle(): Promise<void>;
  /** A transport of this kind whose `open` fails, with the code it must fail with. */
  readonly refusing?: { readonly transport: Transport; readonly code: ErrorCode; readonly where: string };
  /** A transport of this kind whose `open` does not come to an end by itself. */
  readonly hanging?: Transport;
  /** The console breaks the link without a good-bye. */
  breakOff?(): Promise<void>;
  /** The console takes no input; false: takes all. */
  stall?(stalled: boolean): Promise<void>;
  /** Everything of this fixture is gone when it resolves. */
  close(): Promise<void>;
}

/** What a kind of transport can do. */
export interface TransportFeatures {
  readonly canBreak: boolean;
  readonly pausable: boolean;
  /** A far end that hangs up is told from one that breaks: `{ by: "remote" }`. */
  readonly orderlyClose: boolean;
  /** False for a far end that takes with it what nobody has read yet: an unplugged device. */
  readonly keepsUnread?: boolean;
  /** Size of the large transfers; 8 MiB unless the kind is slow. */
  readonly transferBytes?: number;
}
