import type { Case } from "../case.ts";

/** Whether four racks in one process cost more than in a process each. */
export const fourRacks: Case = {
  name: "four-racks",
  about: "4 x 1,000 consoles x 10 lines/s in one process, and in four",
  systems: ["confed", "confed-4-processes"],
  fleet: () => ({ consoles: 4_000 }),
  run: (fleet) => fleet.measure({ begin: (rack) => rack.rate(10), seconds: 12, warmUpSeconds: 4 }),
  targets: [
    { figure: "cpuSecondsPerGb", of: "confed", against: ["confed-4-processes"], atMost: 1, quickAtMost: 1 },
    { figure: "logP99Ms", of: "confed", atMost: 400, quickAtMost: 400 },
  ],
  slow: true,
};

/** What it costs to use two cores. */
export const twoShards: Case = {
  name: "two-shards",
  about: "2,000 consoles x 50 lines/s in two shards, and in one",
  systems: ["confed", "confed-2-shards"],
  fleet: () => ({ consoles: 2_000 }),
  // Until V8 has compiled what is hot in twice as many processes: what it costs from then on.
  run: (fleet) => fleet.measure({ begin: (rack) => rack.rate(50), seconds: 12, warmUpSeconds: 14 }),
  targets: [
    {
      figure: "cpuSecondsPerGb",
      of: "confed-2-shards",
      against: ["confed"],
      atMost: 1.15,
      quickAtMost: 1.15,
    },
    { figure: "logP99Ms", of: "confed-2-shards", atMost: 400, quickAtMost: 400 },
  ],
  slow: true,
};
