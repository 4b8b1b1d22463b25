export { type AgentDeps, type AgentGuard, type RunningAgent, startAgent } from "./assemble.ts";
export { type LogVerdict, type VerifiedGap, verifyLog } from "./log/reader/verify-log.ts";
export { readHostPositions } from "./shards/host-positions.ts";
export { Inheritance } from "./takeover/inheritance.ts";
export type { SuccessorProcess } from "./takeover/successor-talk.ts";
export { type TakeoverHost } from "./takeover/takeover.ts";
export { SUCCESSOR_FDS } from "./takeover/takeover-messages.ts";
