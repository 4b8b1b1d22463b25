import type { ConserverReader } from "@confed/config";
import type { ConserverFile, ConserverSource } from "@confed/conserver";
import type { Clock } from "@confed/kernel";

/** The conserver.cf of a process, read when configuration is loaded that names one. */
export interface LiveConserverFile {
  /** For `LoadOptions.conserver`. */
  readonly read: ConserverReader;
  /** What was read last and could be used; undefined before, and where none is named. */
  readonly current: ConserverFile | undefined;
}

/** What a command line says of every console, whatever the file says. */
export interface SaidOfAll {
  readonly onDemand?: boolean | undefined;
  /** See `CommonConsoleSpec`; as a table of consoles has it. */
  readonly bringUpAfter?: string | undefined;
}

/** One for all loads of a process: a file that breaks later leaves in force what was read before. */
export function conserverFile(
  clock: Clock,
  { onDemand = false, bringUpAfter }: SaidOfAll = {},
): LiveConserverFile {
  const said = {
    ...(onDemand ? { onDemand } : {}),
    ...(bringUpAfter === undefined ? {} : { bringUpAfter }),
  };
  let source: ConserverSource | undefined;
  return {
    async read(request) {
      const { ConserverSource, hostSurroundings, settledFiles } = await import("@confed/conserver");
      source ??= new ConserverSource(() => hostSurroundings(settledFiles(clock)));
      const read = await source.read(request);
      if (read.ok === undefined) return read;
      const entries = read.ok.entries.map((each) => ({ ...each, entry: { ...each.entry, ...said } }));
      return { ok: { ...read.ok, entries } };
    },
    get current() {
      return source?.current;
    },
  };
}
