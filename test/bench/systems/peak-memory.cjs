// Loaded into a Node process by the benchmark (--require): at its end it writes the most memory that it
// ever had, in KiB, to $CONFED_BENCH_PEAK.
const { writeFileSync } = require("node:fs");

const path = process.env.CONFED_BENCH_PEAK;
if (path !== undefined) {
  process.on("exit", () => {
    writeFileSync(path, String(process.resourceUsage().maxRSS));
  });
}
