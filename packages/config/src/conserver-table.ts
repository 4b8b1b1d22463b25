import { ConfedError, foldName } from "@confed/kernel";
import type { AgentConserver, HeadConserver } from "./conserver-settings.ts";
import type { ConsoleSpec } from "./console-spec.ts";
import { parseConsole, sharedLog } from "./console-table.ts";
import type { Fault, LoadResult } from "./fault.ts";
import type { FileAssignment } from "./loaded-config.ts";
import type { LogPaths } from "./log-paths.ts";
import type { LogSettings } from "./settings-schema.ts";

/** Whose consoles are wanted of a file. */
export type ConserverRequest =
  | {
      readonly role: "agent";
      readonly settings: Of<AgentConserver>;
      /** The configuration itself has a `logs.path`: it stands for the file's general `logfile`. */
      readonly logPathSaid?: boolean | undefined;
    }
  | { readonly role: "head"; readonly settings: Of<HeadConserver> };

/** As much of a section as says whose consoles it has, where it names a file. */
type Of<Section extends AgentConserver | HeadConserver> = Pick<
  Section,
  keyof Section & ("masters" | "exec")
> & { readonly file: string };

/** What a conserver.cf comes to. */
export interface ConserverTable {
  readonly entries: readonly ConserverEntry[];
  /** How it wants consoles logged; what the configuration says itself counts more. */
  readonly logs: Partial<LogSettings>;
  /** What was left out or changed on the way; everything else counts. */
  readonly remarks: readonly Fault[];
  /** Absolute; what was looked for among them. */
  readonly files: readonly string[];
}

/** One console of it. */
export interface ConserverEntry {
  /** As a table of consoles has it. */
  readonly entry: { readonly name: string };
  /** To whom a head gives it. */
  readonly agent?: string | undefined;
  readonly at: Pick<Fault, "file" | "line" | "col">;
}

/** Reads a conserver.cf, for who loads configuration; faults are of a file that must not be used as it is. */
export type ConserverReader = (request: ConserverRequest) => Promise<LoadResult<ConserverTable>>;

/** A console of a conserver.cf that is one here, too. */
export interface UsableEntry {
  readonly spec: ConsoleSpec;
  readonly agent: string | undefined;
  readonly entry: object;
}

/**
 * Those that can be used beside `native`, which counts more; of the others `remarks` is told. With `logs`, one
 * that would be logged in another one's file is none of them.
 */
export function usableEntries(
  table: ConserverTable | undefined,
  native: readonly { readonly name: string }[],
  remarks: Fault[],
  logs?: LogPaths,
): readonly UsableEntry[] {
  if (table === undefined) return [];
  const names = new Set(native.map(({ name }) => foldName(name)));
  return table.entries.flatMap(({ entry, agent, at }): readonly UsableEntry[] => {
    try {
      const spec = parseConsole(entry);
      const folded = foldName(spec.name);
      if (names.has(folded)) throw new ConfedError("conflict", "is left out: a table of ours has it as well");
      const other = logs?.claim(spec);
      if (other !== undefined) throw sharedLogError(other);
      names.add(folded);
      return [{ spec, agent, entry }];
    } catch (reason) {
      const { rawMessage: message, hint } = ConfedError.from(reason);
      remarks.push({ ...at, message, hint, subject: `console ${entry.name.slice(0, 140)}` });
      return [];
    }
  });
}

function sharedLogError(other: string): ConfedError {
  const { message, hint } = sharedLog(other);
  return new ConfedError("conflict", `is left out: ${message}`, { hint });
}

/** What a head makes of one; nothing, if it is no agent's. */
export function assignmentOf({ spec, agent, entry }: UsableEntry): readonly FileAssignment[] {
  return agent === undefined ? [] : [{ name: spec.name, agent, entry: JSON.stringify(entry) }];
}

/** As much of a `logs:` section as is written. */
export interface SaidLogs {
  readonly path?: unknown;
}

/** How logs are kept beside a conserver.cf: what the configuration itself has `said` of them counts more. */
export function logsBeside(
  conserver: ConserverTable | undefined,
  settings: LogSettings,
  said: SaidLogs | undefined,
): LogSettings {
  if (said === undefined) return { ...settings, ...conserver?.logs };
  const pathTemplate = conserver?.logs.pathTemplate;
  // Which consoles have a path of their own was told with this one in mind.
  return said.path === undefined && pathTemplate !== undefined ? { ...settings, pathTemplate } : settings;
}

/** A request for a section that names a file. */
export function withFile<Section extends { readonly file?: string | undefined }, T>(
  section: Section | undefined,
  make: (settings: Section & { readonly file: string }) => T,
): T | undefined {
  const file = section?.file;
  return section === undefined || file === undefined ? undefined : make({ ...section, file });
}
