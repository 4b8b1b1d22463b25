import { loadHeadConfig } from "@confed/config";
import { EXIT } from "@confed/kernel";
import { loadOrSay } from "../process/load-or-say.ts";
import { configPathOf } from "../process/run-daemon.ts";
import { lockState } from "../process/state-lock.ts";
import type { World } from "../world.ts";

/** What commander makes of the command line of `confed ca init`. */
export interface CaInitFlags {
  readonly config?: string;
  readonly cluster?: string;
}

/** `confed ca init`: make the authorities of a cluster, before its head is started. */
export async function runCaInit(world: World, flags: CaInitFlags): Promise<number> {
  const config = await loadOrSay(loadHeadConfig(configPathOf(flags.config, world.env)), world.stderr);
  if (config === undefined) return EXIT.usage;
  const { authorityDirectory, DEFAULT_CLUSTER, makeAuthorities, readAuthorities } = await import(
    "@confed/head"
  );
  const { stateDir } = config.head;
  // A head that runs would not take it up, and one that starts would make its own.
  const lock = lockState(stateDir, world.pid);
  try {
    const directory = authorityDirectory(stateDir);
    const nowMs = world.clock.wallTimeMs();
    await makeAuthorities(directory, { cluster: flags.cluster ?? DEFAULT_CLUSTER, nowMs });
    const { machines } = readAuthorities(directory) ?? {};
    const lines = [
      `made the authorities of cluster ${machines?.cluster ?? ""} in ${directory}`,
      `pin ${machines?.pin ?? ""}`,
      "keep a copy of that directory in a safe place: without it every machine has to be enrolled anew",
      "next: start the head, then confed token create --agent NAME",
    ];
    world.stdout.write(`${lines.join("\n")}\n`);
    return EXIT.ok;
  } finally {
    lock.release();
  }
}
