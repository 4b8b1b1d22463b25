import type { World } from "../world.ts";
import { formatLogLine, type LogFormat } from "./log-line.ts";

/** What nobody caught is a bug: it is logged, and the process ends. */
export function logBugs(world: World, logFormat: LogFormat): void {
  const { stderr, clock } = world;
  world.onBug((reason) => {
    // Not through winston: its streams may need a turn of the loop that will not come.
    const error = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
    const entry = { level: "error", message: "bug in confed, the process ends", fields: { error } } as const;
    stderr.write(`${formatLogLine({ ...entry, wallTimeMs: clock.wallTimeMs() }, logFormat)}\n`);
  });
}
