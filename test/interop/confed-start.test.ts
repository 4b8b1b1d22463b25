import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const dist = fileURLToPath(new URL("../../packages/confed/dist", import.meta.url));
const run = promisify(execFile);

/** The bundle alone in a folder, without what was compiled of it; resolves with the name of that file. */
function bundleIn(folder: string): string {
  const program = readdirSync(dist).find((name) => /^confed-[0-9a-f]{12}\.js$/.test(name)) ?? "";
  for (const name of ["confed.mjs", program]) copyFileSync(join(dist, name), join(folder, name));
  return join(folder, program.replace(/js$/, `${process.version}.cache`));
}

test("confed runs where nothing was compiled ahead, and where what was is another Node's", async () => {
  const folder = mkdtempSync(join(tmpdir(), "confed-start-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const cache = bundleIn(folder);
  const args = [join(folder, "confed.mjs"), "agent", "--help"];
  const { stdout } = await run(process.execPath, args);
  expect(stdout).toContain("confed agent upgrade");
  writeFileSync(cache, "compiled by nobody we know");
  expect((await run(process.execPath, args)).stdout).toBe(stdout);
});

test("what was compiled of confed ahead is what its program is", () => {
  const names = readdirSync(dist).filter((name) => /^confed-[0-9a-f]{12}\./.test(name));
  expect(names.map((name) => name.slice(name.indexOf(".")))).toEqual([".js", `.${process.version}.cache`]);
  expect(new Set(names.map((name) => name.slice(0, name.indexOf(".")))).size).toBe(1);
});
