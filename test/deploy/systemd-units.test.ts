import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);
const UNITS = fileURLToPath(new URL("../../deploy/systemd", import.meta.url));

const why = await run("systemd-analyze", ["--version"]).then(
  ({ stdout }) => {
    const version = Number(/systemd (\d+)/.exec(stdout)?.[1]);
    return version >= 250 ? "" : `systemd-analyze ${version} cannot look at files`;
  },
  () => "there is no systemd-analyze",
);

/** The units as a host has them, with a program that exists. */
function installed({ execConsoles = false } = {}): string {
  const directory = mkdtempSync(join(tmpdir(), "confed-units-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  cpSync(UNITS, directory, { recursive: true });
  const dropIn = join(directory, "confed-agent.service.d", "exec-consoles.conf");
  if (execConsoles) renameSync(`${dropIn}.example`, dropIn);
  for (const name of ["confed-agent.service", "confed-head.service"]) {
    const path = join(directory, name);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll("/usr/bin/confed ", "/bin/true "));
  }
  return directory;
}

test.for([
  ["confed-agent.service", false],
  ["confed-head.service", false],
  ["confed-agent.service", true],
] as const)("%s is sound, with the drop-in for exec consoles: %s", async ([name, execConsoles], context) => {
  if (why !== "") return context.skip(why);
  const path = join(installed({ execConsoles }), name);
  const { stdout, stderr } = await run("systemd-analyze", ["verify", "--man=no", path]);
  // Of other units of the host it may say what it likes.
  expect(`${stdout}${stderr}`.split("\n").filter((line) => line.includes("confed"))).toEqual([]);
});

// Out of 10, less is better: below 2 systemd says "OK". What is left is what an agent is there for:
// the network, devices, and children.
test.for([
  ["confed-agent.service", 2],
  ["confed-head.service", 2],
] as const)("the exposure of %s is below %d", async ([name, exposureMax], context) => {
  if (why !== "") return context.skip(why);
  const args = ["security", "--offline=true", "--no-pager", `--threshold=${exposureMax * 10}`];
  const { stdout } = await run("systemd-analyze", [...args, join(installed(), name)]);
  const exposure = Number(/exposure level for .*: ([\d.]+)/.exec(stdout)?.[1]);
  expect(exposure).toBeLessThan(exposureMax);
});

test("a unit whose option is misspelt is found", async (context) => {
  if (why !== "") return context.skip(why);
  const directory = installed();
  const path = join(directory, "confed-head.service");
  writeFileSync(path, readFileSync(path, "utf8").replace("PrivateTmp=", "PrivatTmp="));
  const { stderr } = await run("systemd-analyze", ["verify", "--man=no", path]);
  expect(stderr).toContain("PrivatTmp");
});
