import type { GapRecord } from "@confed/codecs";
import type { LogMode } from "@confed/config";
import type { ConfedError } from "@confed/kernel";
import type { OpenedLog } from "./writer-messages.ts";

/** What the feed tells a console about its log. */
export interface FedConsole {
  readonly name: string;
  readonly logMode: LogMode;
  /** The next offset; asked when a writer takes over from a dead one, and at the end. */
  readonly end: { readonly logId: string; readonly offset: number };
  /** Everything before this offset is in the log, or is a gap. */
  readonly loggedEnd: number;
  /** Numbering may begin (once), or goes on in a log with another id. */
  onOpened(log: OpenedLog): void;
  /** `bytes` more of what was appended are with the log writer's kernel, in order. */
  onLogged(offset: number, bytes: number): void;
  /** With a path: the log goes on there. */
  onReserved(reservedEnd: number, path?: string): void;
  /** The log does not follow any more: nobody waits for it. */
  onLogLate(): void;
  /** `bytes` of what was appended will not be logged: a gap will show them. */
  onDropped(bytes: number): void;
  onGap(gap: GapRecord): void;
  /** The log cannot be written, or (undefined) can again. */
  onLogTrouble(error: ConfedError | undefined): void;
}
