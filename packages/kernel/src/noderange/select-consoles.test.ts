import { expect, test } from "vitest";
import { matches, type Selectable } from "../selection.ts";
import { selectConsoles, selectsConsole } from "./select-consoles.ts";

const CONSOLES: readonly Selectable[] = [
  { name: "n1", groups: ["compute", "odd"], labels: { cons: "ipmi" } },
  { name: "n2", groups: ["compute"], labels: { cons: "openbmc" } },
  { name: "n1-n2", groups: [], labels: {} },
];

const select = (text: string) => {
  const { selection, names, unknown } = selectConsoles(text, {
    has: (name) => CONSOLES.some((each) => each.name === name),
    all: () => CONSOLES,
  });
  if (selection === undefined) return { names, unknown };
  return { matching: CONSOLES.filter((each) => matches(selection, each)).map(({ name }) => name) };
};

test.each([
  ["n2,n1", { names: ["n2", "n1"], unknown: [] }],
  ["n*", { matching: ["n1", "n2", "n1-n2"] }],
  ["@compute,-n1", { matching: ["n2"] }],
  ["cons=ipmi", { matching: ["n1"] }],
  ["compute", { names: ["n1", "n2"], unknown: [] }],
  ["n1-n2", { names: ["n1-n2"], unknown: [] }],
  ["n1:n2", { names: ["n1", "n2"], unknown: [] }],
  ["compute,nosuch", { names: ["n1", "n2"], unknown: ["nosuch"] }],
  ["compute,-odd", { names: ["n2"], unknown: [] }],
  ["*,-odd", { names: ["n2", "n1-n2"], unknown: [] }],
  ["compute@odd", { names: ["n1"], unknown: [] }],
  ["cons==ipmi", { names: ["n1"], unknown: [] }],
  ["cons=~^open", { names: ["n2"], unknown: [] }],
  ["cons=ipmi@odd", { names: ["n1"], unknown: [] }],
])("%s selects as a selection, and else as a noderange", (text, expected) => {
  expect(select(text)).toEqual(expected);
});

test.each([
  ["n1,,n2", "column 4", "a term is missing"],
  ["n[1-", "column 2", '"[" without "]"'],
  ["n2:n1", "column 1", "runs backwards"],
  ["(n1", "column 1", '"(" without ")"'],
])("%s is refused by the grammar that it was meant for", (text, where, problem) => {
  expect(() => select(text)).toThrow(
    expect.objectContaining({ where, rawMessage: expect.stringContaining(problem) }),
  );
});

test("a console that appears is selected by its groups, its number and its name", () => {
  const console = { name: "n03", groups: ["compute"], labels: {} };
  for (const text of ["n03", "compute", "n01-n04", "compute@/n0.*", "n01,n03"])
    expect(selectsConsole(text, console), text).toBe(true);
  for (const text of ["n04", "odd", "n01:n02", "compute,-n03"])
    expect(selectsConsole(text, console), text).toBe(false);
});
