import type { NativeLogs } from "./native-file.ts";

/** How one console was logged. */
export interface LoggedConsole {
  readonly name: string;
  /** `&` stands for the console's name; undefined: it was not logged. */
  readonly path: string | undefined;
  readonly stamped: boolean;
  readonly rotateBytes?: number | undefined;
}

/** One setting for all consoles, that of most of them, and what it cannot say of the others. */
export function logsOf(consoles: readonly LoggedConsole[]): {
  readonly logs: NativeLogs;
  readonly remarks: readonly string[];
} {
  const path = mostCommon(consoles.flatMap((each) => (each.path === undefined ? [] : [each.path])));
  const usable = path !== undefined && path.startsWith("/") && path.split("&").length === 2;
  const elsewhere = consoles.filter((each) => each.path !== path);
  const stamped = consoles.filter((each) => each.stamped).map(({ name }) => name);
  const rotateBytes = mostCommon(consoles.flatMap((each) => each.rotateBytes ?? []));
  return {
    logs: {
      path: usable ? path : undefined,
      // Below this no file of ours is full.
      rotateBytes: rotateBytes === undefined ? undefined : Math.max(rotateBytes, 64 * 1024),
      stamped: stamped.length > 0 && stamped.length === consoles.length ? "all" : stamped,
    },
    remarks: [
      ...(path === undefined || usable ? [] : [`the logs were ${path}, which logs.path cannot say`]),
      ...elsewhere.map((each) =>
        each.path === undefined
          ? `${each.name} was not logged; now it is`
          : `${each.name} was logged in ${each.path.replaceAll("&", each.name)}`,
      ),
    ],
  };
}

function mostCommon<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
