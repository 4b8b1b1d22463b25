import type { GapRecord } from "@confed/codecs";
import type { ErrorCode } from "@confed/kernel";

/** What the agent asks its log reader. */
export type ReaderRequest =
  /** Bytes and gaps of [from, to), at most `bytesMax` of bytes. */
  | {
      readonly id: number;
      readonly ask: "read";
      readonly name: string;
      readonly from: number;
      readonly to: number;
      readonly bytesMax: number;
    }
  /** Where to begin for what came at or after `sinceMs`; up to a second early. */
  | { readonly id: number; readonly ask: "since"; readonly name: string; readonly sinceMs: number }
  /** Where the last `lines` lines before `before` begin. */
  | {
      readonly id: number;
      readonly ask: "lines";
      readonly name: string;
      readonly lines: number;
      readonly before: number;
    };

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
