import { join } from "node:path";
import type { SocketSettings } from "@confed/config";
import type { LocalSocket } from "@confed/wire";

/** Where the user that the agent runs as, and root, come in: they could read its state anyway. */
export function controlSocketIn(stateDir: string): string {
  return join(stateDir, "control", "agent.sock");
}

/** All of an agent's sockets. */
export function localSockets(
  stateDir: string,
  sockets: readonly SocketSettings[] = [],
): readonly LocalSocket[] {
  return [
    { path: controlSocketIn(stateDir), group: ADMIN },
    ...sockets.map(({ group, directory }) => ({
      path: join(directory, group, "agent.sock"),
      group,
      owner: group,
    })),
  ];
}

/** The roles that come with each, whatever the policy binds to `local:GROUP` besides. */
export function rolesOfSockets(
  sockets: readonly SocketSettings[] = [],
): ReadonlyMap<string, readonly string[]> {
  const own = [ADMIN, ["admin"]] as const;
  return new Map([...sockets.map(({ group, roles }) => [group, roles] as const), own]);
}

const ADMIN = "admin";
