import { startConfed } from "./confed.ts";
import { startConman } from "./conman.ts";
import { CONSERVER_BEST_PER_PROCESS, startConserver } from "./conserver.ts";
import { startFloor } from "./floor.ts";
import type { RunningSystem, StartOptions, SystemName } from "./system.ts";

/** Starts one of them. `profileDir`: Confed's processes write CPU profiles of every measured load there. */
export function startSystem(
  name: SystemName,
  options: StartOptions,
  profileDir?: string,
): Promise<RunningSystem> {
  const profiled = profileDir === undefined ? {} : { profileDir };
  switch (name) {
    case "confed":
      return startConfed({ name, ...profiled }, options);
    case "confed-plain":
      return startConfed({ name, plain: true, ...profiled }, options);
    case "confed-2-shards":
      return startConfed({ name, shards: 2, ...profiled }, options);
    case "confed-4-processes":
      return startConfed({ name, processes: 4, ...profiled }, options);
    case "conserver-m16":
      return startConserver(name, 16, options);
    case "conserver-best":
      return startConserver(name, CONSERVER_BEST_PER_PROCESS, options);
    case "conman":
      return startConman(options);
    case "floor":
      return startFloor(options);
  }
}
