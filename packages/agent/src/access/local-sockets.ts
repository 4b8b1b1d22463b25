import { join } from "node:path";
import type { LocalSocket } from "@confed/wire";

/** A socket for one group of the host, and what whoever comes through it may do. */
export interface RoleSocket {
  /** Of the host's user database. */
  readonly group: string;
  readonly roles: readonly string[];
  /** Made for this socket alone: `<directory>/<group>/agent.sock`. */
  readonly directory: string;
}

/** Where the user that the agent runs as, and root, come in: they could read its state anyway. */
export function controlSocketIn(stateDir: string): string {
  return join(stateDir, "control", "agent.sock");
}

/** All of an agent's sockets. */
export function localSockets(stateDir: string, sockets: readonly RoleSocket[] = []): readonly LocalSocket[] {
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
export function rolesOfSockets(sockets: readonly RoleSocket[] = []): ReadonlyMap<string, readonly string[]> {
  const own = [ADMIN, ["admin"]] as const;
  return new Map([...sockets.map(({ group, roles }) => [group, roles] as const), own]);
}

const ADMIN = "admin";
