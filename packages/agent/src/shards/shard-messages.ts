import type { AgentSettings, AuditSettings, ConsoleSpec, LogSettings } from "@confed/config";
import { ConfedError, type ErrorCode, isErrorCode } from "@confed/kernel";
import type { Position } from "../log/writer/positions-file.ts";
import type { ReloadReport } from "../reload/reload-report.ts";

/** A console that a shard is to have, and where its last owner left its log. */
export interface Owned {
  readonly spec: ConsoleSpec;
  readonly handed?: Position | undefined;
  /** Why it is not dialed until a person says so. */
  readonly quarantined?: string | undefined;
}

/** What a shard is, besides its consoles. */
export interface ShardStart {
  readonly index: number;
  /** As of a process of its own: its id, its ports; the state directory is the host's. */
  readonly agent: AgentSettings;
  readonly logs: LogSettings;
  readonly audit?: AuditSettings | undefined;
  /** A log writer of an earlier life hangs somewhere and may still append to the files that are there. */
  readonly leaveFiles: boolean;
  /** Its last life ended by an error a moment ago: it says what it is busy with. */
  readonly careful: boolean;
}

/** What a supervisor tells a shard. `start`, pages of `own`, `begin`; then the others. */
export type ShardCommand =
  | ({ readonly do: "start" } & ShardStart)
  | { readonly do: "own"; readonly consoles: readonly Owned[] }
  | { readonly do: "begin" }
  /** Have these (new or described anew), have those no more. Answered by `changed` after the last page. */
  | {
      readonly do: "change";
      readonly id: number;
      readonly put: readonly Owned[];
      readonly drop: readonly string[];
      readonly last: boolean;
    }
  /** Let go of these: link closed, log closed. Answered by `released`. */
  | { readonly do: "release"; readonly id: number; readonly names: readonly string[] }
  /** Somebody else has these now: nobody need be sent to us any more. */
  | { readonly do: "forget"; readonly names: readonly string[] }
  /** Where the shards of this host answer each other, by index. */
  | { readonly do: "siblings"; readonly addresses: readonly (string | null)[] }
  | { readonly do: "answer"; readonly id: number; readonly answer: ShardAnswer }
  /** logrotate has moved the logs. */
  | { readonly do: "reopen" }
  /** Are you there? Answered by `pulse`; told only to one that says it answers. */
  | { readonly do: "pulse" }
  | { readonly do: "stop" };

/** What a shard tells its supervisor. */
export type ShardReport =
  /** It serves; said again by whoever took over from it. */
  | {
      readonly tell: "ready";
      readonly pid: number;
      readonly port: number;
      readonly inner: string;
      readonly answersPulses?: boolean | undefined;
    }
  | { readonly tell: "pulse" }
  /** It cannot begin. */
  | { readonly tell: "failed"; readonly error: PlainError }
  | { readonly tell: "changed"; readonly id: number }
  | { readonly tell: "released"; readonly id: number; readonly released: readonly Released[] }
  | { readonly tell: "ask"; readonly id: number; readonly question: ShardQuestion }
  /** What it is busy with, when it is careful: dials, and output of a console (none: ""). */
  | { readonly tell: "dialing" | "dialed" | "handling"; readonly console: string }
  /** A person had a console tried again that was quarantined. */
  | { readonly tell: "lifted"; readonly console: string };

/** What became of a console that was to be let go of. */
export interface Released {
  readonly name: string;
  /** False: its log does not keep up, so it was kept. */
  readonly gone: boolean;
  /** Undefined although it is gone: as after an unclean stop, its file knows more than anybody. */
  readonly position?: Position | undefined;
}

export type ShardQuestion =
  | { readonly is: "reload"; readonly by: string; readonly planOnly: boolean }
  /** Which shard has each of these? Answered when none of them is being handed over. */
  | { readonly is: "where"; readonly names: readonly string[] }
  | { readonly is: "host" };

export type ShardAnswer =
  | { readonly is: "reload"; readonly report: ReloadReport }
  /** Undefined (null on the way) for what no shard has. */
  | { readonly is: "where"; readonly shards: readonly (number | null)[] }
  | { readonly is: "host"; readonly host: HostReport }
  | { readonly is: "error"; readonly error: PlainError };

/** The host as its supervisor knows it. */
export interface HostReport {
  readonly id: string;
  readonly startedMs: number;
  readonly residentBytes: number;
  readonly shards: readonly ShardRow[];
  readonly trouble?: PlainError | undefined;
}

export interface ShardRow {
  readonly id: string;
  readonly state: "up" | "starting" | "down";
  readonly sinceMs: number;
  readonly address: string;
  readonly consoles: number;
  /** Why it is down, or was last. */
  readonly cause?: PlainError | undefined;
}

/** A {@link ConfedError} on its way. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly subject?: string | undefined;
  readonly where?: string | undefined;
  readonly hint?: string | undefined;
}

export function plainError(reason: unknown): PlainError {
  const { code, rawMessage, subject, where, hint } = ConfedError.from(reason);
  return { code, message: rawMessage, subject, where, hint };
}

export function errorOf({ code, message, ...context }: PlainError): ConfedError {
  return new ConfedError(isErrorCode(code) ? code : "internal", message, context);
}
