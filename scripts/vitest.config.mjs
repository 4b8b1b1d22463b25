// @ts-check
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));
// Packages resolve to their sources in tests; child processes that a test starts run what `tsc -b`
// built, so a build comes before every test run.
const conditions = ["confed-source"];

/** @param {string} name @param {string[]} include @param {number} testTimeoutMs */
const project = (name, include, testTimeoutMs) => ({
  root,
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    name,
    include,
    exclude: ["**/dist/**", "**/node_modules/**"],
    // node-pty is not thread-safe, and children of a test die with its process.
    pool: /** @type {const} */ ("forks"),
    testTimeout: testTimeoutMs,
    hookTimeout: testTimeoutMs,
    // Programs of tests never find, or change, what the person who runs them knows of heads.
    env: { CONFED_CREDENTIALS: join(tmpdir(), `confed-test-${process.pid}`, "credentials.json") },
  },
});

// Where scripts/test wants to count what ran.
const reports = process.env.CONFED_TEST_REPORTS;

export default defineConfig({
  test: {
    reporters: [
      "default",
      ...(reports === undefined
        ? []
        : [/** @type {["json", object]} */ (["json", { outputFile: `${reports}/${process.pid}.json` }])]),
    ],
    projects: [
      project("unit", ["packages/*/src/**/*.test.ts"], 10_000),
      project("system", ["test/!(network)/**/*.test.ts"], 120_000),
      // Each in network name spaces of its own. They wait for silence to be noticed, several at a time.
      project("network", ["test/network/**/*.test.ts"], 120_000),
    ],
  },
});
