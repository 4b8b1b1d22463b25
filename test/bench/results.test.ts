import { expect, test } from "vitest";
import type { Case } from "./case.ts";
import { type BenchResult, judge, mergeWith, type RunResult } from "./results.ts";

const run = (number: number, system: RunResult["system"], cpu: number): RunResult => ({
  run: number,
  system,
  figures: { cpu },
  lost: "",
});

const target = { figure: "cpu", of: "confed", atMost: 0.5, quickAtMost: 1 } as const;
const caseOf = (...targets: Case["targets"]) => ({ targets }) as Case;

test("a ratio is to the best of the others within a run, then the median of the runs", () => {
  const against = ["conman", "conserver-m16"] as const;
  const runs = [
    ...[run(1, "confed", 1), run(1, "conman", 10), run(1, "conserver-m16", 2)],
    ...[run(2, "confed", 4), run(2, "conman", 10), run(2, "conserver-m16", 40)],
    ...[run(3, "confed", 9), run(3, "conman", 10), run(3, "conserver-m16", 12)],
  ];
  expect(judge(caseOf({ ...target, against }), runs, false)).toMatchObject([
    { value: 0.5, bound: 0.5, met: true },
  ]);
  expect(judge(caseOf({ ...target, against }), runs.slice(6), false)).toMatchObject([
    { value: 0.9, met: false },
  ]);
  expect(judge(caseOf({ ...target, against }), runs.slice(6), true)).toMatchObject([{ bound: 1, met: true }]);
});

test("a target is left out with the system that it compares with, and missed where the figure is missing", () => {
  const runs = [run(1, "confed", 1)];
  expect(judge(caseOf({ ...target, against: ["conman"] }), runs, false)).toEqual([]);
  expect(judge(caseOf({ ...target, figure: "other" }), runs, false)).toMatchObject([{ met: false }]);
});

test("results are merged by case for the same commit and machine only", () => {
  const result = (confed: string, ...names: readonly string[]): BenchResult => ({
    machine: "m",
    versions: { confed },
    quick: false,
    date: "",
    commands: names,
    leftOut: [],
    cases: names.map((name) => ({ name, about: "", runs: [], voids: [], failures: [], targets: [] })),
  });
  const names = (of: BenchResult) => of.cases.map(({ name }) => name);
  expect(names(mergeWith(result("1", "a", "b"), result("1", "b", "c")))).toEqual(["a", "b", "c"]);
  expect(names(mergeWith(result("1", "a"), result("2", "b")))).toEqual(["b"]);
  expect(names(mergeWith(undefined, result("1", "a")))).toEqual(["a"]);
});
