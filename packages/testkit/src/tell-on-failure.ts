import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFailed } from "vitest";

/**
 * If the test that runs fails: print what `describe` says then, and keep it beside the reports of this run, so
 * that whoever has only the end of a long log can still read what happened.
 */
export function tellOnFailure(describe: () => string): void {
  onTestFailed(({ task }) => {
    const text = `${task.name}:\n${describe()}\n`;
    process.stderr.write(text);
    const reports = process.env["CONFED_TEST_REPORTS"];
    if (reports !== undefined) appendFileSync(join(reports, `${process.pid}.said`), text);
  });
}
