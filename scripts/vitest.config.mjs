// @ts-check
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer } from "vitest/node";

const root = fileURLToPath(new URL("..", import.meta.url));
// Packages resolve to their sources in tests; child processes that a test starts run what `tsc -b`
// built, so a build comes before every test run.
const conditions = ["confed-source"];

// Left to itself vitest keeps a processor free, which of two leaves one.
const processors = availableParallelism();

/** @param {string} name @param {string[]} include @param {{ testTimeoutMs: number, maxWorkers: number, groupOrder: number }} how */
const project = (name, include, { testTimeoutMs, maxWorkers, groupOrder }) => ({
  root,
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    name,
    include,
    exclude: ["**/dist/**", "**/node_modules/**"],
    // node-pty is not thread-safe, and children of a test die with its process.
    pool: /** @type {const} */ ("forks"),
    maxWorkers,
    // One project after the other where all are run at once.
    sequence: { groupOrder },
    testTimeout: testTimeoutMs,
    hookTimeout: testTimeoutMs,
    // Vitest's own second is over before a test's turn has come, where others have the processors.
    expect: { poll: { timeout: testTimeoutMs / 2 } },
    setupFiles: [join(root, "scripts/own-credentials.mjs")],
  },
});

/** Of the system, but they do little else than wait: for half a minute, or more. */
const WAITING = ["test/interop/ipmi-sim.test.ts", "test/interop/conserver-limits.test.ts"];

// Each waits two minutes and a half: begun last, all the others would be waiting for it.
const LONGEST = ["head-address.test.ts", "partition.test.ts"];

/** By size, as ever where nobody knows from before what takes how long; but the longest first. */
class LongestFirst extends BaseSequencer {
  /** @param {import("vitest/node").TestSpecification[]} files */
  async sort(files) {
    const longest = LONGEST.flatMap((name) => files.filter(({ moduleId }) => moduleId.endsWith(`/${name}`)));
    return [...longest, ...(await super.sort(files)).filter((file) => !longest.includes(file))];
  }
}

// Where scripts/test wants to count what ran.
const reports = process.env.CONFED_TEST_REPORTS;

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: [
      "default",
      ...(reports === undefined
        ? []
        : [/** @type {["json", object]} */ (["json", { outputFile: `${reports}/${process.pid}.json` }])]),
    ],
    projects: [
      project("unit", ["packages/*/src/**/*.test.ts"], {
        ...{ testTimeoutMs: 10_000, maxWorkers: processors, groupOrder: 0 },
      }),
      project("system", ["test/!(network)/**/*.test.ts", ...WAITING.map((path) => `!${path}`)], {
        ...{ testTimeoutMs: 120_000, maxWorkers: processors, groupOrder: 1 },
      }),
      // Each in network name spaces of its own. They wait for silence to be noticed, several at a time.
      project("network", ["test/network/**/*.test.ts", ...WAITING], {
        ...{ testTimeoutMs: 120_000, maxWorkers: processors + 2, groupOrder: 2 },
      }),
    ],
  },
});
