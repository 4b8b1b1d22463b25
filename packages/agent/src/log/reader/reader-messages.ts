import type { GapRecord } from "@confed/codecs";
import type { ErrorCode } from "@confed/kernel";

/** What the agent asks its log reader, of the log `logId` of console `name`. */
export type ReaderRequest = { readonly id: number; readonly name: string; readonly logId: string } & (
  | /** Bytes and gaps of [from, to), at most `bytesMax` of bytes. */
  ({ readonly ask: "read" } & LogRange)
  /** Where to begin for what came at or after `sinceMs`; up to a second early. */
  | { readonly ask: "since"; readonly sinceMs: number }
  /** Where the last `lines` lines before `before` begin. */
  | { readonly ask: "lines"; readonly lines: number; readonly before: number }
);

export interface LogRange {
  readonly from: number;
  readonly to: number;
  readonly bytesMax: number;
}

/** Part of a log, in order of offset. */
export type LogPiece =
  /** `bytes` are the next of the payload. */
  | { readonly is: "bytes"; readonly off: number; readonly length: number; readonly ms: number }
  | { readonly is: "gap"; readonly gap: GapRecord };

/** What it answers; the bytes of a read follow behind the JSON. */
export type ReaderReply =
  | {
      readonly id: number;
      readonly tell: "read";
      readonly pieces: readonly LogPiece[];
      readonly next: number;
    }
  | { readonly id: number; readonly tell: "found"; readonly offset: number | undefined }
  | { readonly id: number; readonly tell: "failed"; readonly code: ErrorCode; readonly message: string };
