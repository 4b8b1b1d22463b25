import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeDirectory } from "./make-directory.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "confed-mkdir-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("a directory is made with all that lead to it, and once more without complaint", () => {
  const path = join(folder, "a/b/c");
  for (const _time of [1, 2]) makeDirectory(path, 0o700);
  expect(statSync(path).isDirectory()).toBe(true);
  expect(statSync(join(folder, "a")).mode & 0o777).toBe(0o700);
});

test("what is no directory is said to be in the way", () => {
  writeFileSync(join(folder, "file"), "");
  expect(() => {
    makeDirectory(join(folder, "file"));
  }).toThrow("EEXIST");
  expect(() => {
    makeDirectory(join(folder, "file/below"));
  }).toThrow("ENOTDIR");
});

test("a place that takes no directories is an error, not a search without end", () => {
  expect(() => {
    makeDirectory("/proc/confed/state");
  }).toThrow("ENOENT");
});
