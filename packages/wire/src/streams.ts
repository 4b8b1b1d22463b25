import type { ConfedError } from "@confed/kernel";
import type { Encoded } from "./contract-definitions.ts";

/** The sending side of a stream. */
export interface Outlet<Out> {
  /**
   * Queue a message; `Encoded` ones may be shared. After the end it does nothing. Nothing is ever
   * refused here: whoever sends bulk watches `backlogBytes` and keeps its own bound.
   */
  send(message: Out | Encoded): void;
  /** Encoded bytes queued and not yet taken by the connection. */
  readonly backlogBytes: number;
  /** Encoded bytes that the connection has taken since the start: while it grows, the peer reads. */
  readonly takenBytes: number;
  /** Forget what was not handed to the connection yet, whole messages. Returns how many bytes that was. */
  discard(): number;
  /** Resolves when at most `toBytes` (0) of backlog are left, or the stream is over. Never rejects. */
  drained(toBytes?: number): Promise<void>;
  /** No more from this side: half-close of a client, end of the call by a server. Idempotent. */
  end(error?: ConfedError): void;
  /** Aborted when the stream is over, for whichever reason; the reason is a ConfedError. */
  readonly signal: AbortSignal;
}

/** The receiving side of a stream. */
export interface Inlet<In> {
  /**
   * Call once. Messages come in order, one call each; nothing is read before. `onEnd` is called
   * once, after the last message: without an error if the peer ended in an orderly way.
   */
  receive(onMessage: (message: In) => void, onEnd: (error?: ConfedError) => void): void;
  /** Stop reading; the peer is held back by flow control once the window is full. */
  pause(): void;
  resume(): void;
  /** Give up: the call is cancelled. For one stream, never for many at once (see architecture). */
  cancel(): void;
}

/** Both. */
export interface Duplex<In, Out> extends Outlet<Out>, Inlet<In> {
  /** The peer's address, for logs. */
  readonly peer: string;
}
