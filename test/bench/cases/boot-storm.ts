import type { Case } from "../case.ts";

/** What a line of 115200 baud carries: 11.5 KB a second, seven lines in each piece. */
const LINES_PER_SECOND = 11_500 / 80;
const BURST_LINES = 7;

/** Two thousand machines boot at once, as fast as their lines carry it. */
export const bootStorm: Case = {
  name: "boot-storm",
  about: "2,000 consoles x 11.5 KB/s for 60 s",
  systems: ["confed"],
  fleet: (quick) => ({ consoles: quick ? 400 : 2_000 }),
  run: (fleet, quick) =>
    fleet.measure({
      begin: (rack) => rack.rate(LINES_PER_SECOND, { burst: BURST_LINES }),
      seconds: quick ? 5 : 60,
      loops: true,
    }),
  targets: [{ figure: "loopP99Ms", of: "confed", atMost: 50, quickAtMost: 100 }],
};
