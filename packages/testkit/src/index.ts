export { FakeClock } from "./fake-clock.ts";
export { expectSplitInvariant } from "./split-invariance.ts";
