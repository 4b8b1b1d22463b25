import type { ConfedError } from "@confed/kernel";
import type { AuditSettings } from "./audit-schema.ts";
import type { ConsoleSpec } from "./console-spec.ts";
import type { Fault } from "./fault.ts";
import type { AgentSettings, HeadSettings, LogSettings } from "./settings-schema.ts";

/** What an agent is started with. Frozen. */
export interface AgentConfig {
  readonly agent: AgentSettings;
  readonly logs: LogSettings;
  /** The defaults, where nobody says anything. */
  readonly audit?: AuditSettings | undefined;
  /** In the order of the files, and then what heads have assigned. */
  readonly consoles: readonly ConsoleSpec[];
  /** What heads have assigned and cannot be used here, each by its console. */
  readonly refused?: readonly ConfedError[] | undefined;
  /** What was left out of another program's file, with its place: everything else counts. */
  readonly remarks?: readonly Fault[] | undefined;
  /** Every file that was read, absolute; what a watcher watches. */
  readonly files: readonly string[];
  /** Directories in which files were looked for, absolute: a new one may belong to a pattern. */
  readonly directories?: readonly string[] | undefined;
}

/** What a head is started with. Frozen. */
export interface HeadConfig {
  readonly head: HeadSettings;
  /** The defaults, where nobody says anything. */
  readonly audit?: AuditSettings | undefined;
  /** The consoles that files of the head assign. */
  readonly assigned?: readonly FileAssignment[] | undefined;
  readonly remarks?: readonly Fault[] | undefined;
  readonly files: readonly string[];
  readonly directories?: readonly string[] | undefined;
}

/** A console that a file of a head gives to an agent. */
export interface FileAssignment {
  readonly name: string;
  readonly agent: string;
  /** As it is written, as JSON. */
  readonly entry: string;
}

/** What a file turned out to be; neither an agent nor a head: a table for others to include. */
export interface CheckedConfig {
  readonly agent?: AgentSettings | undefined;
  readonly head?: HeadSettings | undefined;
  readonly logs: LogSettings;
  readonly audit: AuditSettings;
  readonly consoles: readonly ConsoleSpec[];
  readonly refused?: readonly ConfedError[] | undefined;
  readonly remarks: readonly Fault[];
  readonly assigned: readonly FileAssignment[];
  readonly files: readonly string[];
  readonly directories?: readonly string[] | undefined;
}
