export { type Example, examplesOf, type Section, sectionsOf, withExamples, withSection } from "./examples.ts";
export { buildProgram } from "./program.ts";
export { errorLines } from "./render/error-lines.ts";
export { findPeer } from "./route/find-peer.ts";
export type { Peer } from "./route/peer.ts";
export { type TargetOptions, targetsOf } from "./route/targets.ts";
export { usageError } from "./usage-error.ts";
export type { InputStream, OutputStream, SignalName, World } from "./world.ts";
