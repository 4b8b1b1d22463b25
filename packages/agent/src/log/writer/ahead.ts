import { dirname } from "node:path";
import { indexPathOf, pathOfLog } from "../log-path.ts";
import type { NamedLog, WriterOptions } from "../writer-messages.ts";
import { LogFolder } from "./log-folder.ts";
import { OpenFiles } from "./open-files.ts";
import { positionsPathOf, type ReadAhead, readAhead } from "./positions-file.ts";

/** What a log writer has read and opened when its turn comes. */
export interface Ahead {
  readonly positions: ReadAhead;
  readonly logs: OpenFiles;
  readonly indexes: OpenFiles;
  /** By path. */
  readonly folders: Map<string, LogFolder>;
}

/** All of it is empty but for the positions, unless `getReady` is called: log writers that begin by themselves. */
export function nothingAhead({ mode }: Pick<WriterOptions, "mode">, gid: number | undefined): Ahead {
  return {
    positions: { text: "", records: [] },
    logs: new OpenFiles({ mode, gid }),
    indexes: new OpenFiles({ mode: 0o640 }),
    folders: new Map(),
  };
}

/**
 * Read and open what there is of these consoles while another log writer still has them: two opens a
 * console, and nothing is written. What is moved afterwards is noticed as if it were moved under our hands.
 */
export function getReady(
  options: WriterOptions,
  gid: number | undefined,
  { logs, nowMs }: { readonly logs: readonly NamedLog[]; readonly nowMs: number },
): Ahead {
  const { stateDir, positionsDir = stateDir, pathTemplate } = options;
  const ahead = nothingAhead(options, gid);
  for (const { name, path: own = pathTemplate } of logs) {
    const path = pathOfLog(own, name);
    const folder = dirname(path);
    if (!ahead.folders.has(folder)) ahead.folders.set(folder, new LogFolder(folder, nowMs));
    ahead.logs.openAhead(path);
    ahead.indexes.openAhead(indexPathOf(stateDir, name));
  }
  return { ...ahead, positions: readAhead(positionsPathOf(positionsDir)) };
}
