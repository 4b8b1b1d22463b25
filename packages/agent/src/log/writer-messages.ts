import type { EventRecord, GapRecord } from "@confed/codecs";
import type { ErrorCode } from "@confed/kernel";
import type { Packing } from "./log-files.ts";
import type { Position } from "./writer/positions-file.ts";

/** What the agent tells its log writer, beside batches. */
export type WriterCommand =
  | ({ readonly do: "start" } & WriterOptions)
  /**
   * Before `start`, while another writer has them: get ready to go on with these consoles' logs. Nothing
   * is written. Answered by `ready`.
   */
  | ({ readonly do: "ahead"; readonly logs: readonly NamedLog[] } & WriterOptions)
  | { readonly do: "open"; readonly consoles: readonly OpenLog[] }
  /**
   * `end`: the next offset, so that a clean stop can be told from an unclean one. `leave`: another writer
   * goes on from there at once, and is told so; what need not be written for that is not.
   */
  | {
      readonly do: "close";
      readonly consoles: readonly { readonly number: number; readonly end: number }[];
      readonly leave?: boolean;
    }
  /** The agent numbers them as `opened` said: their output is taken from now on. */
  | { readonly do: "begin"; readonly numbers: readonly number[] }
  | { readonly do: "event"; readonly number: number; readonly event: EventRecord }
  | { readonly do: "reserve"; readonly numbers: readonly number[] }
  /** Close every file; the next byte opens it by name again (logrotate has renamed it). */
  | { readonly do: "reopen" };

export interface WriterOptions {
  /** Holds positions and indexes. */
  readonly stateDir: string;
  /** Where the positions are kept by whoever is one of several; without it, `stateDir`. */
  readonly positionsDir?: string | undefined;
  /** `&` is the console's name. */
  readonly pathTemplate: string;
  /** Of the log files, as open(2) takes it. */
  readonly mode: number;
  /** Name or number of the log files' group. */
  readonly group?: string | undefined;
  readonly rotate?: Rotation | undefined;
  readonly compress?: Packing | undefined;
  readonly keep?: Retention | undefined;
  /** A writer that hangs may still append to the files that are there. */
  readonly leaveFiles?: boolean | undefined;
}

/** When a log file is full. Undefined: never. */
export interface Rotation {
  readonly sizeBytes?: number | undefined;
  readonly ageMs?: number | undefined;
}

/** How much of rotated segments is kept, each console's by itself. Undefined: all. */
export interface Retention {
  readonly ageMs?: number | undefined;
  readonly count?: number | undefined;
  readonly sizeBytes?: number | undefined;
  /** What their file system shall have free; below it, oldest packed segments of all go first. */
  readonly freeBytes?: number | undefined;
}

/** A console's log. */
export interface NamedLog {
  readonly name: string;
  /** Its own, with `&` as in `pathTemplate`; without it, that. */
  readonly path?: string | undefined;
}

/** A log that is open already, at another path, is ended there and goes on here. */
export interface OpenLog extends NamedLog {
  readonly number: number;
  /** The agent numbers it already: where it stands. */
  readonly resume?: LogEnd;
  /** The agent has kept output that comes first: plain batches are refused until it has come. */
  readonly behind?: boolean;
  /** Its bytes go through the journal first. */
  readonly journal?: boolean;
  /** Its lines begin with their times. */
  readonly stamped?: boolean;
  /** As its last owner left it; counts unless we have had it since. */
  readonly handed?: Position | undefined;
  /** Where the writer before us left it; the log has everything before. */
  readonly left?: LogEnd | undefined;
}

/** The next offset of a log. */
export interface LogEnd {
  readonly logId: string;
  readonly offset: number;
}

/** It answers `ahead`. */
export interface WriterReady {
  readonly tell: "ready";
}

/** What the log writer tells the agent. */
export type WriterReply =
  | { readonly tell: "opened"; readonly logs: readonly OpenedLog[] }
  /** Batch `seq` is with the kernel, or is a gap, but for what is refused. */
  | { readonly tell: "ack"; readonly seq: number; readonly refused?: readonly Refused[] }
  /** The reservation could not be made durable: to be asked for again. */
  | { readonly tell: "unreserved"; readonly numbers: readonly number[] }
  | { readonly tell: "reserved"; readonly number: number; readonly reservedEnd: number }
  | { readonly tell: "gap"; readonly number: number; readonly gap: GapRecord }
  /** A log cannot be written now; said once, and `healed` once when it can again. */
  | {
      readonly tell: "failing";
      readonly number: number;
      readonly code: ErrorCode;
      readonly message: string;
      /** It is not open: to be asked for again. */
      readonly unopened: boolean;
    }
  | { readonly tell: "healed"; readonly number: number }
  /** `positions`: of those that were closed as they should be, by which they can be handed over. */
  | {
      readonly tell: "closed";
      readonly numbers: readonly number[];
      readonly positions: readonly Position[];
    };

/** Bytes of a console from `next` on are not in its log; undefined: none of the batch are. */
export interface Refused {
  readonly number: number;
  readonly next?: number;
}

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
