// @ts-check
// Usage: node scripts/count-tests.mjs FOLDER [FAILED-STEP...]
// Adds up the reports that vitest wrote into FOLDER and says so on the last line. A step that failed
// beside the tests (lint, types) counts as one failure, and so does a run in which nothing was tested.
// What failed is named again before it, behind what its processes said: whoever keeps the end of a long log still has it.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const FAILURE_CHARACTERS_MAX = 1200;
/** Of what the processes of failed tests said, of each test process. */
const SAID_CHARACTERS_MAX = 12_000;

/** @param {{ name: string, message?: string, assertionResults: any[] }} file */
function* failuresOf(file) {
  const where = relative(process.cwd(), file.name);
  for (const test of file.assertionResults) {
    if (test.status === "failed") yield `${where} > ${test.fullName}\n${test.failureMessages.join("\n")}`;
  }
  if (file.message) yield `${where}\n${file.message}`;
}

const [folder = "", ...failedSteps] = process.argv.slice(2);
let passed = 0;
let failed = failedSteps.filter((step) => !step.startsWith("test:")).length;
let skipped = 0;
const names = readdirSync(folder);
for (const name of names.filter((each) => each.endsWith(".said")))
  process.stdout.write(`${readFileSync(join(folder, name), "utf8").slice(-SAID_CHARACTERS_MAX)}\n`);
for (const name of names.filter((each) => each.endsWith(".json"))) {
  const report = JSON.parse(readFileSync(join(folder, name), "utf8"));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests + report.numTodoTests;
  for (const file of report.testResults) {
    for (const failure of failuresOf(file))
      process.stdout.write(`failed: ${failure.slice(0, FAILURE_CHARACTERS_MAX)}\n`);
  }
}
// A test file that cannot be loaded has no tests that could fail.
if (failed === 0 && (failedSteps.length > 0 || passed === 0)) failed = 1;
if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
