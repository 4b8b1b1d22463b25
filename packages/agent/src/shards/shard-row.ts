import type { AgentSettings } from "@confed/config";
import { formatHostPort } from "@confed/kernel";
import { plainError, type ShardRow } from "./shard-messages.ts";
import { shardId } from "./shard-settings.ts";
import type { SupervisedShard } from "./supervised-shard.ts";

/** One shard as a status shows it. */
export function shardRow(
  { index, phase, lastDeath, sinceWallMs, port }: SupervisedShard,
  { id, listen }: AgentSettings,
  consoles: number,
): ShardRow {
  return {
    id: shardId(id, index),
    state: phase === "up" || phase === "starting" ? phase : "down",
    sinceMs: sinceWallMs,
    address: port === 0 ? "" : formatHostPort({ host: listen.host, port }),
    consoles,
    ...(lastDeath === undefined ? {} : { cause: plainError(lastDeath) }),
  };
}
