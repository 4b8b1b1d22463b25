import { DEFAULT_LOG_PATH, isLogPath, LogPaths } from "@confed/config";
import type { NativeLogs } from "./native-file.ts";

/** How one console was logged. */
export interface LoggedConsole {
  readonly name: string;
  /** `&` stands for the console's name; undefined: it was not logged. */
  readonly path: string | undefined;
  readonly stamped: boolean;
  readonly rotateBytes?: number | undefined;
}

/** What holds for all consoles, and where those are logged that are logged elsewhere. */
export interface LogsOf {
  readonly logs: NativeLogs;
  /** By name: their own paths. */
  readonly own: ReadonlyMap<string, string>;
  readonly remarks: readonly string[];
}

/**
 * `general`: the path that counts for all that have no other. Without it, it is that of most of them, and of two
 * that were logged in one file the second goes there.
 */
export function logsOf(
  consoles: readonly LoggedConsole[],
  general?: { readonly path: string | undefined },
): LogsOf {
  const { path } = general ?? { path: mostCommon(consoles.flatMap(templatesOf)) };
  const stamped = consoles.filter((each) => each.stamped).map(({ name }) => name);
  const rotateBytes = mostCommon(consoles.flatMap((each) => each.rotateBytes ?? []));
  const own = new Map<string, string>();
  const remarks: string[] = [];
  const paths = new LogPaths(path ?? DEFAULT_LOG_PATH);
  const isGeneral = ({ name, path: logfile }: LoggedConsole) =>
    logfile === undefined || !isLogPath(logfile) || pathOf(logfile, name) === pathOf(path, name);
  for (const { name } of consoles.filter(isGeneral)) paths.claim({ name });
  for (const { name, path: logfile } of consoles) {
    if (pathOf(logfile, name) === pathOf(path, name)) continue;
    const taken =
      general === undefined && logfile !== undefined
        ? paths.claim({ name, log: { path: logfile } })
        : undefined;
    if (logfile === undefined) remarks.push(`${name} was not logged; now it is`);
    else if (!isLogPath(logfile)) remarks.push(`${name} was logged in ${logfile}, which is no absolute path`);
    else if (taken !== undefined) remarks.push(`${name} was logged in the file of ${taken}`);
    else own.set(name, logfile);
  }
  return {
    logs: {
      path: path !== undefined && isTemplate(path) ? path : undefined,
      // Below this no file of ours is full.
      rotateBytes: rotateBytes === undefined ? undefined : Math.max(rotateBytes, 64 * 1024),
      stamped: stamped.length > 0 && stamped.length === consoles.length ? "all" : stamped,
    },
    own,
    remarks,
  };
}

/** Whether a `logfile` is one that `logs.path` can be. */
export function isTemplate(path: string): boolean {
  return isLogPath(path) && path.split("&").length === 2;
}

/** The path, or what it comes from where the console's name is written out in the file's. */
function templatesOf({ name, path }: LoggedConsole): readonly string[] {
  if (path === undefined || !isLogPath(path)) return [];
  if (path.includes("&")) return isTemplate(path) ? [path] : [];
  const at = path.lastIndexOf("/") + 1;
  const parts = path.slice(at).split(name);
  return parts.length === 2 ? [`${path.slice(0, at)}${parts.join("&")}`] : [];
}

function pathOf(path: string | undefined, name: string): string | undefined {
  return path?.replaceAll("&", () => name);
}

function mostCommon<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
