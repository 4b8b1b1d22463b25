import type { ConfedError } from "@confed/kernel";
import type { AttachResponse, Encoded } from "@confed/wire";

/** What a viewer may do. */
export type Mode = "WRITE" | "VIEW";

/** One viewer as its console sees it. Made by the attach session that holds the stream. */
export interface Seat {
  readonly sessionId: string;
  /** Who, as proven; where access is open, as the client says: "user@host". */
  readonly subject: string;
  readonly sinceMs: number;
  /** Set by {@link Viewers} only. */
  mode: Mode;
  /** Something rare that must reach the viewer: event, gap, mode. */
  tell(message: AttachResponse | Encoded): void;
  /**
   * Live output, encoded once for all viewers. Never waits: a viewer that does not read skips.
   */
  output(message: Encoded, offset: number, endOffset: number): void;
  /** End the session; the client is told why, and whether to come back. */
  end(error: ConfedError, options?: { readonly reattach?: boolean }): void;
}
