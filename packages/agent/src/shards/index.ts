export { hasWriter } from "../log/writer/predecessor.ts";
export { shardDirectories, takeOverFromShards } from "./host-state.ts";
export type { ShardProcess } from "./supervised-shard.ts";
export { Supervisor, type SupervisorDeps } from "./supervisor.ts";
