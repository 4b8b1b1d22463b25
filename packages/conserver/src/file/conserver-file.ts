import type { Fault } from "@confed/config";
import type { Block } from "./block-reader.ts";
import type { BreakDefinition } from "./break-sequence.ts";
import type { ConsoleFields } from "./console-fields.ts";
import type { HostEntry } from "./host-list.ts";
import type { ServerSettings } from "./server-settings.ts";
import type { Substitution } from "./substitution.ts";
import type { UserList } from "./user-list.ts";
import type { FilePlace } from "./word-reader.ts";

/** A conserver.cf with all that it includes, as one host understands it. */
export interface ConserverFile {
  /** In the order written; one that was defined again stands where it was last. */
  readonly consoles: readonly ConserverConsole[];
  /** The `logfile` that `default *` says at the end. */
  readonly generalLogfile?: string | undefined;
  readonly settings: ServerSettings;
  /** The first that fits a client decides. */
  readonly hosts: readonly HostEntry[];
  readonly admins: UserList;
  /** Who may not suspend, go to another console or attach a local command. */
  readonly limited: UserList;
  /** By their key, the built-in ones included. */
  readonly breaks: ReadonlyMap<string, BreakDefinition>;
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  /** What was skipped, and why. Everything else counts all the same. */
  readonly faults: readonly Fault[];
  /** As they were written. */
  readonly blocks: readonly Block[];
  /** Every path that was looked for: where a change means reading again. */
  readonly files: readonly string[];
}

/** A console with everything that defaults, substitutions and `&` make of it. */
export interface ConserverConsole {
  readonly name: string;
  readonly aliases: readonly string[];
  /** The host that has it. */
  readonly master: string;
  readonly way: ConsoleWay;
  readonly logfile?: string | undefined;
  readonly initcmd?: string | undefined;
  /** What the blocks said, before substitutions. */
  readonly fields: ConsoleFields;
  readonly at: FilePlace;
}

/** How a console is reached. */
export type ConsoleWay =
  /** Through `/bin/sh -ce`; without a command a shell. */
  | { readonly type: "exec"; readonly command?: string | undefined }
  | {
      readonly type: "host";
      readonly host: string;
      readonly port: number;
      readonly protocol: "telnet" | "raw";
    }
  | { readonly type: "device"; readonly device: string; readonly baud: number; readonly parity: string }
  | { readonly type: "uds"; readonly path: string }
  /** Nobody can attach; it says its motd. */
  | { readonly type: "noop" }
  | { readonly type: "ipmi"; readonly host: string };

/** A `task` block. */
export interface TaskDefinition {
  /** For `/bin/sh -ce`, after `subst`. */
  readonly cmd: string;
  readonly description?: string | undefined;
  /** Ask before it runs. */
  readonly confirm: boolean;
  readonly runas?: string | undefined;
  readonly subst: readonly Substitution[];
}
