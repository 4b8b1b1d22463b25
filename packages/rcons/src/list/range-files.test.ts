import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { selectConsoles } from "@confed/kernel";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { withRangeFiles } from "./range-files.ts";

const NODES = ["n01", "n02", "n03", "n04"].map((name) => ({ name, groups: ["all"], labels: {} }));

let path: string;
beforeEach(() => {
  const directory = mkdtempSync(join(tmpdir(), "confed-ranges-"));
  path = join(directory, "nodes");
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
});

function names(selection: string): readonly string[] {
  const has = (name: string) => NODES.some((node) => node.name === name);
  const { names = [] } = selectConsoles(withRangeFiles(selection), { has, all: () => NODES });
  return [...names].sort();
}

test("a file in a noderange adds what its lines say, up to a colon or a blank", () => {
  writeFileSync(path, "# a comment\n^other\nn01: the first\n\nn03-n04 and what else\n");
  expect(names(`^${path}`)).toEqual(["n01", "n03", "n04"]);
  expect(names(`n02,^${path}`)).toEqual(["n01", "n02", "n03", "n04"]);
  expect(names(`all,-^${path}`)).toEqual(["n02"]);
  expect(names(`(^${path})@n03`)).toEqual(["n03"]);
  writeFileSync(path, "# nothing\n");
  expect(names(`^${path}`)).toEqual([]);
  expect(withRangeFiles("n[01-03],/^n.*/@all")).toBe("n[01-03],/^n.*/@all");
});

test("a file that is not there, and a line that leaves out, are faults with their place", () => {
  expect(() => withRangeFiles(`^${path}`)).toThrow(path);
  writeFileSync(path, "n01\n-n03\n");
  // xCAT does as if it were not there.
  expect(() => withRangeFiles(`^${path}`)).toThrow("-n03 would leave out nothing");
});
