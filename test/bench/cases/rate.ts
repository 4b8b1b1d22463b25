import type { Case } from "../case.ts";
import { LINE_BYTES } from "../rack.ts";
import type { SystemName } from "../systems/system.ts";

const ALL: readonly SystemName[] = ["confed", "conserver-m16", "conserver-best", "conman", "floor"];
const CONSERVER: readonly SystemName[] = ["conserver-m16", "conserver-best"];

/** A CPU figure counts only if the bytes were in the log by then. */
const IN_THE_LOG = { figure: "logP99Ms", of: "confed", atMost: 400, quickAtMost: 600 } as const;

const seconds = (quick: boolean) => (quick ? 3 : 12);
const thousand = (quick: boolean) => ({ consoles: quick ? 100 : 1_000 });

/** 1,000 consoles that print 100 lines a second each. */
export const rate100: Case = {
  name: "1000x100",
  about: "1,000 consoles x 100 lines/s of 80 B",
  systems: ALL,
  fleet: thousand,
  run: (fleet, quick) =>
    fleet.measure({ begin: (rack) => rack.rate(100), seconds: seconds(quick), warmUpSeconds: quick ? 1 : 3 }),
  targets: [
    { figure: "cpuSecondsPerGb", of: "confed", against: CONSERVER, atMost: 0.25, quickAtMost: 0.6 },
    IN_THE_LOG,
  ],
};

/** 1,000 consoles that print 10 lines a second each. */
export const rate10: Case = {
  name: "1000x10",
  about: "1,000 consoles x 10 lines/s of 80 B",
  systems: ALL,
  fleet: thousand,
  run: (fleet, quick) =>
    fleet.measure({ begin: (rack) => rack.rate(10), seconds: seconds(quick), warmUpSeconds: quick ? 1 : 3 }),
  targets: [
    // A hundred consoles for three seconds: what Node costs anyhow weighs more than what they print.
    { figure: "cpuSecondsPerGb", of: "confed", against: CONSERVER, atMost: 0.75, quickAtMost: 10 },
    { figure: "cpuSecondsPerGb", of: "confed", against: ["conman"], atMost: 0.35, quickAtMost: 2.5 },
    IN_THE_LOG,
  ],
};

/**
 * Everybody prints at once: a rack comes up after a power cut. Two lines in a write, as a terminal server
 * polls its ports: with one, it is the rack that is measured. The logs are there before, as they are in
 * any rack but a new one: some systems make them at their start, others when there is something to write.
 */
export const flood: Case = {
  name: "flood",
  about: "1,000 consoles x 400 KB as fast as taken",
  systems: ALL,
  fleet: thousand,
  run: (fleet, quick) =>
    fleet.measure({
      warmUp: (rack) => rack.flood(LINE_BYTES),
      begin: (rack) => rack.flood(quick ? 100_000 : 400_000, { burst: 2 }),
      seconds: 0,
    }),
  targets: [
    {
      figure: "cpuSecondsPerGb",
      of: "confed",
      against: [...CONSERVER, "conman"],
      atMost: 0.4,
      quickAtMost: 1,
    },
    {
      figure: "wallSeconds",
      of: "confed",
      against: [...CONSERVER, "conman"],
      atMost: 1.05,
      quickAtMost: 2.5,
    },
  ],
};

/** More consoles than conserver starts in the time there is. */
export const rate8000: Case = {
  name: "8000x10",
  about: "8,000 consoles x 10 lines/s of 80 B",
  systems: ["confed", "conman", "floor"],
  fleet: () => ({ consoles: 8_000 }),
  run: (fleet) =>
    fleet.measure({ begin: (rack) => rack.rate(10), seconds: 12, warmUpSeconds: 12, loops: true }),
  targets: [
    { figure: "cpuSecondsPerGb", of: "confed", against: ["conman"], atMost: 0.5, quickAtMost: 0.5 },
    { figure: "loopP99Ms", of: "confed", atMost: 50, quickAtMost: 50 },
    IN_THE_LOG,
  ],
  slow: true,
};
