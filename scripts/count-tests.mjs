// @ts-check
// Usage: node scripts/count-tests.mjs FOLDER [FAILED-STEP...]
// Adds up the reports that vitest wrote into FOLDER and says so on the last line. A step that failed
// beside the tests (lint, types) counts as one failure, and so does a run in which nothing was tested.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder = "", ...failedSteps] = process.argv.slice(2);
let passed = 0;
let failed = failedSteps.filter((step) => !step.startsWith("test:")).length;
let skipped = 0;
for (const name of readdirSync(folder)) {
  const report = JSON.parse(readFileSync(join(folder, name), "utf8"));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests + report.numTodoTests;
}
// A test file that cannot be loaded has no tests that could fail.
if (failed === 0 && (failedSteps.length > 0 || passed === 0)) failed = 1;
if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
