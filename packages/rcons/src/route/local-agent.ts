import { accessSync, constants, readdirSync } from "node:fs";
import { join } from "node:path";
import type { HostPort } from "@confed/kernel";

/**
 * The socket of an agent of this host that this person may open: that in CONFED_AGENT_SOCKET, else one of a group's, else
 * that of the agent's own user. The way in when every head is dead.
 */
export function localAgent(env: Readonly<Record<string, string | undefined>>): HostPort | undefined {
  const { CONFED_AGENT_SOCKET: own } = env;
  const paths =
    own !== undefined && own !== ""
      ? [own]
      : [...entriesOf(GROUPS).map((group) => join(GROUPS, group, "agent.sock")), OWN];
  const path = paths.find(mayOpen);
  return path === undefined ? undefined : { host: `unix:${path}`, port: 0 };
}

/** Where `agent.sockets` are unless it says otherwise, and `agent.state` of the packaged unit. */
const GROUPS = "/run/confed";
const OWN = "/var/lib/confed/agent/control/agent.sock";

function entriesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function mayOpen(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
