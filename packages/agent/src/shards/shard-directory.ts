import { join } from "node:path";

/** Where everything about shards lies in a host's state directory. */
export function shardsDirectory(stateDir: string): string {
  return join(stateDir, "shards");
}

/** What one shard alone writes. */
export function shardDirectory(stateDir: string, index: number): string {
  return join(shardsDirectory(stateDir), String(index));
}
