export { type AgentDeps, type RunningAgent, startAgent } from "./assemble.ts";
export { type LogVerdict, type VerifiedGap, verifyLog } from "./log/reader/verify-log.ts";
export { readHostPositions } from "./shards/host-positions.ts";
