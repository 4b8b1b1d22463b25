// @ts-check
// Usage: node scripts/count-tests.mjs FOLDER STATUS
// Adds up the reports that vitest wrote into FOLDER and says so on the last line. STATUS is how the
// whole run ended: what failed before or beside the tests counts as one failure, never as none.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder = "", status = "0"] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
for (const name of readdirSync(folder)) {
  const report = JSON.parse(readFileSync(join(folder, name), "utf8"));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests + report.numTodoTests;
}
if (failed === 0 && (status !== "0" || passed === 0)) failed = 1;
if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
