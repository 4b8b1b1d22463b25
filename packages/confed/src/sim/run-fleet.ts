import { lookup } from "node:dns/promises";
import { ConfedError, parseHostPort } from "@confed/kernel";
import { enrolmentAt, startFleet } from "@confed/simulator";
import { type DaemonFlags, daemonOptions } from "../process/daemon-flags.ts";
import { runDaemon } from "../process/run-daemon.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";

/** What commander makes of the command line of `confed sim fleet`. */
export interface FleetFlags extends DaemonFlags {
  readonly head?: string;
  readonly agents?: number;
  readonly consoles?: number;
  readonly changes?: number;
  readonly prefix?: string;
  readonly socket?: string;
}

/** A fleet in this process until a signal. */
export function runFleet(world: World, flags: FleetFlags): Promise<number> {
  const heads = headsOf(flags.head ?? world.env["CONFED_HEAD"]);
  return runDaemon(world, daemonOptions(flags), async ({ logger }) => {
    const { agents, consoles, changes, prefix, socket } = flags;
    const identityOf = socket === undefined ? undefined : await enrolling(socket, heads[0] ?? "");
    const fleet = await startFleet(
      { heads, agents, consoles, changesPerSecond: changes, namePrefix: prefix },
      { clock: world.clock, logger, version: VERSION, identityOf },
    );
    const { options } = fleet;
    return {
      ready: {
        role: "fleet",
        heads: options.heads.join(","),
        agents: options.agents,
        consoles: options.agents * options.consoles,
        first: fleet.consoleName(0, 0),
        last: fleet.consoleName(options.agents - 1, options.consoles - 1),
        changesPerSecond: options.changesPerSecond,
      },
      async stop() {
        logger.info("fleet ends", { ...fleet.stats() });
        await fleet.close();
      },
    };
  });
}

/** Enrolled at the first head; all heads of a cluster believe the same authority. */
async function enrolling(socket: string, head: string) {
  const { host, port } = parseHostPort(head);
  const { address } = await lookup(host);
  return enrolmentAt({ socket, head: { host: address, port }, signal: new AbortController().signal });
}

function headsOf(text: string | undefined): readonly string[] {
  const heads = (text ?? "")
    .split(",")
    .map((head) => head.trim())
    .filter((head) => head !== "");
  if (heads.length > 0) return heads;
  throw new ConfedError("invalid_argument", "no head is named", {
    subject: "--head",
    hint: "give --head host:port, or set CONFED_HEAD",
  });
}
