import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const SCRIPTS = ["scripts/bench", "scripts/demo", "scripts/test", ".ci/run"];

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "confed-scripts-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function which(program: string): string | undefined {
  const found = ["/bin", "/usr/bin", "/usr/local/bin"]
    .map((folder) => join(folder, program))
    .find(existsSync);
  return found;
}

const shellcheck = which("shellcheck");
if (shellcheck === undefined) {
  process.stderr.write("skipped: shellcheck of the scripts, because it is not installed\n");
}

test.skipIf(shellcheck === undefined).each(SCRIPTS)("shellcheck finds nothing in %s", (script) => {
  const { stdout, status } = spawnSync(shellcheck!, [script], { cwd: root, encoding: "utf8" });
  expect(stdout).toBe("");
  expect(status).toBe(0);
});

/** In place of a script: the program of this machine. */
const REAL = "real";

describe("scripts/demo", () => {
  /** A checkout where nothing is installed, on a machine that has only these programs. */
  function demo(programs: Readonly<Record<string, string>>, ...args: readonly string[]) {
    const bin = join(dir, "bin");
    mkdirSync(bin);
    mkdirSync(join(dir, "scripts"));
    copyFileSync(join(root, "scripts/demo"), join(dir, "scripts/demo"));
    for (const [name, text] of Object.entries({ dirname: REAL, find: REAL, sed: REAL, ...programs })) {
      if (text === REAL) symlinkSync(which(name) ?? execPathOf(name), join(bin, name));
      else {
        writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
        chmodSync(join(bin, name), 0o755);
      }
    }
    const { status, stderr, stdout } = spawnSync("/bin/sh", [join(dir, "scripts/demo"), ...args], {
      env: { PATH: bin },
      encoding: "utf8",
    });
    return { status, stderr, stdout };
  }
  const execPathOf = (name: string) => (name === "node" ? process.execPath : `/nowhere/${name}`);
  const tools = { npm: "exit 0", make: "exit 0", "g++": "exit 0", python3: "exit 0", node: REAL };

  test.each([
    ["node", /node is not installed.*20\.19/],
    ["npm", /npm is not installed/],
    ["make", /make is not installed.*apt install/],
    ["g++", /no C\+\+ compiler.*apt install/],
    ["python3", /python3 is not installed.*apt install/],
  ])("says what to do and exits 1 without %s", (missing, message) => {
    const programs = Object.fromEntries(Object.entries(tools).filter(([name]) => name !== missing));
    const { status, stderr } = demo(programs, "--check");
    expect(stderr).toMatch(message);
    expect(status).toBe(1);
  });

  test("says which Node it found when that is too old", () => {
    const { status, stderr } = demo({
      ...tools,
      node: "case $1 in --version) echo v18.1.0 ;; *) exit 1 ;; esac",
    });
    expect(stderr).toContain("Node v18.1.0 is too old; Confed needs 20.19");
    expect(status).toBe(1);
  });

  test("says so and exits 1 when npm cannot install", () => {
    const { status, stderr } = demo({
      ...tools,
      npm: "case $1 in config) echo http://registry ;; *) exit 1 ;; esac",
    });
    expect(stderr).toMatch(/npm \w+ failed.*http:\/\/registry/);
    expect(status).toBe(1);
  });

  test("says so and exits 1 when the build fails", () => {
    const { status, stderr } = demo({ ...tools, npm: "case $1 in run) exit 1 ;; *) exit 0 ;; esac" });
    expect(stderr).toContain("the build failed");
    expect(status).toBe(1);
  });

  test("refuses an argument that it does not know", () => {
    const { status, stderr } = demo({}, "--chekc");
    expect(stderr).toContain("--chekc");
    expect(status).toBe(1);
  });

  test("explains itself", () => {
    const { status, stdout } = demo({}, "--help");
    expect(stdout).toMatch(/^Usage: scripts\/demo \[--check\]\n/);
    expect(status).toBe(0);
  });
});

describe("scripts/test", () => {
  test.each([
    [["--nod"], "--nod"],
    [["--node"], "needs a major version"],
    [["--node", "lts"], "needs a major version"],
  ])("refuses %j", (args, word) => {
    const { status, stderr } = spawnSync(join(root, "scripts/test"), args, { encoding: "utf8" });
    expect(stderr).toContain(word);
    expect(status).toBe(1);
  });
});

describe("the count of tests", () => {
  const report = (
    name: string,
    numPassedTests: number,
    numFailedTests: number,
    testResults: readonly object[] = [],
  ) => {
    writeFileSync(
      join(dir, name),
      JSON.stringify({ numPassedTests, numFailedTests, numPendingTests: 1, numTodoTests: 0, testResults }),
    );
  };
  const count = (...failedSteps: readonly string[]) =>
    spawnSync(process.execPath, [join(root, "scripts/count-tests.mjs"), dir, ...failedSteps], {
      cwd: root,
      encoding: "utf8",
    });

  test("adds up all reports, the sum on the last line", () => {
    report("1.json", 10, 0);
    report("2.json", 5, 0);
    expect(count()).toMatchObject({ status: 0, stdout: "2 skipped\n15 passed, 0 failed\n" });
  });

  test("counts failures of tests", () => {
    report("1.json", 10, 2);
    expect(count("test:unit")).toMatchObject({ status: 1, stdout: "1 skipped\n10 passed, 2 failed\n" });
  });

  test("counts what failed beside the tests", () => {
    report("1.json", 10, 1);
    const counted = count("lint", "types", "test:unit");
    expect(counted).toMatchObject({ status: 1, stdout: "1 skipped\n10 passed, 3 failed\n" });
  });

  test("counts a failure that no test reported", () => {
    report("1.json", 10, 0);
    expect(count("test:system")).toMatchObject({ status: 1, stdout: "1 skipped\n10 passed, 1 failed\n" });
  });

  test("names what failed once more, and files that could not be loaded", () => {
    const failure = { status: "failed", fullName: "a log is written", failureMessages: ["no space left"] };
    const success = { status: "passed", fullName: "a log is read", failureMessages: [] };
    report("1.json", 1, 1, [
      { name: join(root, "test/log.test.ts"), message: "", assertionResults: [failure, success] },
      { name: join(root, "test/lost.test.ts"), message: "no such module", assertionResults: [] },
    ]);
    const names =
      "failed: test/log.test.ts > a log is written\nno space left\nfailed: test/lost.test.ts\nno such module\n";
    expect(count("test:unit").stdout).toBe(`${names}1 skipped\n1 passed, 1 failed\n`);
  });

  test("is no success when nothing ran", () => {
    expect(count()).toMatchObject({ status: 1, stdout: "0 passed, 1 failed\n" });
  });
});

test.each(SCRIPTS)("%s can be run as it is", (script) => {
  expect(statSync(join(root, script)).mode & 0o111).toBe(0o111);
});
