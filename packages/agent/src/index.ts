export { type AgentDeps, type RunningAgent, startAgent } from "./assemble.ts";
