import { expect, test } from "vitest";
import { culpritOf, type Suspicion, suspect } from "./suspicion.ts";

const after = (...deaths: readonly (readonly string[])[]) =>
  deaths.reduce<Suspicion | undefined>((before, busy) => suspect(before, new Set(busy)), undefined);

test.each([
  ["one death names nobody", [["n1"]], undefined],
  ["two deaths over one console name it", [["n1"], ["n1"]], "n1"],
  [
    "what two deaths have in common is named",
    [
      ["n1", "n2", "n3"],
      ["n4", "n2"],
    ],
    "n2",
  ],
  [
    "while several are left nobody is named",
    [
      ["n1", "n2"],
      ["n1", "n2"],
    ],
    undefined,
  ],
  [
    "a third death tells which of them",
    [
      ["n1", "n2"],
      ["n1", "n2"],
      ["n2", "n5"],
    ],
    "n2",
  ],
  ["a death over nothing clears everybody", [["n1"], [], ["n1"]], undefined],
  ["a death over another begins again", [["n1"], ["n2"]], undefined],
  ["and may name that one", [["n1"], ["n2"], ["n2"]], "n2"],
] as const)("%s", (_name, deaths, culprit) => {
  expect(culpritOf(after(...deaths))).toBe(culprit);
});
