import type { EventRecord, GapRecord } from "@confed/codecs";
import type { ErrorCode } from "@confed/kernel";

/** What the agent tells its log writer, beside batches. */
export type WriterCommand =
  | ({ readonly do: "start" } & WriterOptions)
  | { readonly do: "open"; readonly consoles: readonly OpenLog[] }
  /** `end`: the next offset, so that a clean stop can be told from an unclean one. */
  | { readonly do: "close"; readonly consoles: readonly { readonly number: number; readonly end: number }[] }
  | { readonly do: "event"; readonly number: number; readonly event: EventRecord }
  | { readonly do: "reserve"; readonly numbers: readonly number[] }
  /** Close every file; the next byte opens it by name again (logrotate has renamed it). */
  | { readonly do: "reopen" };

export interface WriterOptions {
  /** Holds positions and indexes. */
  readonly stateDir: string;
  /** `&` is the console's name. */
  readonly pathTemplate: string;
  /** Of the log files, as open(2) takes it. */
  readonly mode: number;
  /** Name or number of the log files' group. */
  readonly group?: string | undefined;
}

export interface OpenLog {
  readonly number: number;
  readonly name: string;
  /** The agent lives and its writer died: where the agent stands. */
  readonly resume?: { readonly logId: string; readonly offset: number };
}

/** What the log writer tells the agent. */
export type WriterReply =
  | { readonly tell: "opened"; readonly logs: readonly OpenedLog[] }
  /** Everything up to batch `seq` is with the kernel, or is a gap. */
  | { readonly tell: "ack"; readonly seq: number }
  | { readonly tell: "reserved"; readonly number: number; readonly reservedEnd: number }
  | { readonly tell: "gap"; readonly number: number; readonly gap: GapRecord }
  /** A log cannot be written now; said once, and `healed` once when it can again. */
  | { readonly tell: "failing"; readonly number: number; readonly code: ErrorCode; readonly message: string }
  | { readonly tell: "healed"; readonly number: number }
  | { readonly tell: "closed"; readonly numbers: readonly number[] };

export interface OpenedLog {
  readonly number: number;
  readonly logId: string;
  /** Where numbering goes on. */
  readonly offset: number;
  /** Offsets below this may be used before the next reservation. */
  readonly reservedEnd: number;
  readonly path: string;
  /** What an unclean stop left between the log's end and `offset`. */
  readonly gap?: GapRecord;
}
