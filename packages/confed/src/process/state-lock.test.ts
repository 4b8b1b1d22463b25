import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfedError } from "@confed/kernel";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockState } from "./state-lock.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "confed-lock-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function refusal(run: () => unknown): ConfedError {
  try {
    run();
  } catch (reason) {
    if (reason instanceof ConfedError) return reason;
    throw reason;
  }
  throw new Error("the lock was given");
}

test("a state directory is made, for its owner alone, and holds nothing but the lock", () => {
  const state = join(dir, "a", "b");
  const lock = lockState(state, process.pid);
  expect(statSync(state).mode & 0o777).toBe(0o700);
  expect(readdirSync(state)).toEqual(["lock"]);
  lock.release();
  expect(readdirSync(state)).toEqual([]);
});

test("a lock is refused with conflict naming the process when that process lives", async () => {
  const other = spawn(process.execPath, ["-e", "process.stdin.resume()"], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  try {
    lockState(dir, other.pid!);
    const error = refusal(() => lockState(dir, process.pid));
    expect(error.code).toBe("conflict");
    expect(error.rawMessage).toContain(`process ${other.pid!}`);
    expect(readdirSync(dir)).toEqual(["lock"]);
  } finally {
    const closed = once(other, "close");
    other.kill();
    await closed;
  }
});

test("a lock is taken over when its process is gone", () => {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  writeFileSync(join(dir, "lock"), `${pid} 12345\n`);
  const lock = lockState(dir, process.pid);
  expect(readFileSync(join(dir, "lock"), "utf8")).toMatch(new RegExp(`^${process.pid} `));
  expect(readdirSync(dir)).toEqual(["lock"]);
  lock.release();
});

test.skipIf(!existsSync("/proc/self/stat"))(
  "a lock is taken over when its pid is another process's now",
  () => {
    // We live, and did not start at that time: a process before us had our pid.
    writeFileSync(join(dir, "lock"), `${process.pid} 1\n`);
    expect(() => lockState(dir, process.pid)).not.toThrow();
  },
);

test("a lock is taken over when its file holds no process", () => {
  writeFileSync(join(dir, "lock"), "");
  expect(() => lockState(dir, process.pid)).not.toThrow();
});

test("a release leaves a lock alone that has become another's", () => {
  const lock = lockState(dir, process.pid);
  writeFileSync(join(dir, "lock"), "1 1\n");
  lock.release();
  expect(readFileSync(join(dir, "lock"), "utf8")).toBe("1 1\n");
});

test("a lock names the directory when it is a file", () => {
  const file = join(dir, "file");
  writeFileSync(file, "");
  const error = refusal(() => lockState(file, process.pid));
  expect(error.subject).toBe(file);
  expect(error.hint).toContain("directory");
});
