export { type HeadDeps, type HeadOptions, type RunningHead, startHead } from "./assemble.ts";
