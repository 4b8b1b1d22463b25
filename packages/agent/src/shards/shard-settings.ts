import type { AgentSettings } from "@confed/config";
import { ConfedError, checkName, type HostPort } from "@confed/kernel";

/**
 * The settings of one shard of a host: a name of its own, and the host's ports counted on from the
 * first shard's. Throws "invalid_argument" where there is no such name or port.
 */
export function settingsOfShard(host: AgentSettings, index: number): AgentSettings {
  const { id, listen, advertise, ...rest } = host;
  return {
    ...rest,
    id: checkName(shardId(id, index), "agent"),
    listen: counted(listen, index),
    advertise: advertise.map((address) => counted(address, index)),
  };
}

/** As heads and `rcons ls` show it. */
export function shardId(id: string, index: number): string {
  return `${id}.${index}`;
}

/** The other way round. */
export function hostOf(id: string, index: number): string {
  return id.slice(0, -`.${index}`.length);
}

function counted({ host, port }: HostPort, index: number): HostPort {
  // Port 0: the system chooses for each.
  if (port === 0) return { host, port };
  if (port + index <= 65_535) return { host, port: port + index };
  throw new ConfedError("invalid_argument", `shard ${index} would need port ${port + index}`, {
    subject: "agent.listen",
    hint: "each shard has a port of its own, counted from agent.listen and agent.advertise",
  });
}
