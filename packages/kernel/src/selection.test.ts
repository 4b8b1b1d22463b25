import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfedError } from "./errors.ts";
import { literalNames, matches, parseSelection, SELECTION_LIMITS } from "./selection.ts";

const bare = (name: string) => ({ name, groups: [], labels: {} });

function faultOf(text: string): ConfedError {
  try {
    parseSelection(text);
  } catch (reason) {
    if (reason instanceof ConfedError) return reason;
    throw reason;
  }
  return expect.fail(`${text} was accepted`);
}

test.each([
  ["a", ["a"]],
  [" a , b ", ["a", "b"]],
  ["b,a,b", ["b", "a"]],
  ["n[01-03,25]", ["n01", "n02", "n03", "n25"]],
  ["n[9-11]", ["n9", "n10", "n11"]],
  ["n[08-11]", ["n08", "n09", "n10", "n11"]],
  ["n[098-101]", ["n098", "n099", "n100", "n101"]],
  ["n[99-100]", ["n99", "n100"]],
  ["n[0-1]", ["n0", "n1"]],
  ["r[1-2]n[01, 03]-bmc", ["r1n01-bmc", "r1n03-bmc", "r2n01-bmc", "r2n03-bmc"]],
  ["[1-2]", ["1", "2"]],
  ["n[1-5],-n3,-n[5-9]", ["n1", "n2", "n4"]],
  ["n[1-12],-n1*", ["n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9"]],
  ["n1,-n1", []],
])("the selection %s names its consoles", (text, names) => {
  const selection = parseSelection(text);
  expect(literalNames(selection)).toEqual(names);
  for (const name of names) expect(matches(selection, bare(name)), name).toBe(true);
});

test.each(["*", "n*", "@compute", "rack=r1", "n1,@compute", "n1,-@compute", "n1,-rack=r1"])(
  "the selection %s must be held against the consoles",
  (text) => {
    expect(literalNames(parseSelection(text))).toBeUndefined();
  },
);

test("a console is selected when any term fits and no exclusion does", () => {
  const consoles = [
    { name: "n1", groups: ["compute"], labels: { rack: "r1" } },
    { name: "n2", groups: ["compute", "gpu"], labels: { rack: "r2" } },
    { name: "N1", groups: [], labels: { rack: "r1", role: "login=1" } },
    { name: "sw1", groups: ["net"], labels: {} },
  ];
  const selected = (text: string) =>
    consoles.filter((it) => matches(parseSelection(text), it)).map(({ name }) => name);
  expect(selected("*")).toEqual(["n1", "n2", "N1", "sw1"]);
  expect(selected("n*")).toEqual(["n1", "n2"]);
  expect(selected("*1")).toEqual(["n1", "N1", "sw1"]);
  expect(selected("s*[1-2],n2")).toEqual(["n2", "sw1"]);
  expect(selected("@compute")).toEqual(["n1", "n2"]);
  expect(selected("@comp")).toEqual([]);
  expect(selected("rack=r1")).toEqual(["n1", "N1"]);
  expect(selected("role=login=1")).toEqual(["N1"]);
  expect(selected("constructor=Object")).toEqual([]);
  expect(selected("-@gpu,*,-rack=r1")).toEqual(["sw1"]);
  expect(selected("rack=r1,@net,-n1")).toEqual(["N1", "sw1"]);
});

test.each([
  ["", 1, "the selection is empty"],
  ["  ", 1, "the selection is empty"],
  ["a,,b", 3, "a term is missing"],
  ["a,", 3, "a term is missing"],
  [",a", 1, "a term is missing"],
  ["a b", 1, '"a b" is not a console name'],
  ["a,../etc", 3, "is not a console name"],
  ["a,\u001b[2J", 4, '"[" without "]"'],
  ["a,\u001b[2]J", 3, '"\\x1b2J" is not'],
  ["a,\u009b2J", 3, '"\\x9b2J" is not'],
  ["-", 2, '"" is not a console name'],
  ["--a", 2, '"-a" is not a console name'],
  ["-a", 1, "the selection only excludes"],
  ["n[1-3", 2, '"[" without "]"'],
  ["a,n[1-3", 4, '"[" without "]"'],
  ["n1-3]", 5, '"]" without "["'],
  ["n[]", 3, "a range must be"],
  ["n[1,x]", 5, "a range must be"],
  ["n[1-2-3]", 3, "a range must be"],
  ["n[1,5-3]", 5, "runs backwards"],
  ["n[1-010]", 3, "differ in zeros"],
  ["n[001-10]", undefined, ""],
  ["n[1-9999999999999999]", 3, "more than 15 digits"],
  ["a,n[1-200000]", 3, "namesMax"],
  ["a[1-1000]b[1-1000]c[1-1000]", 1, "namesMax"],
  ["n[1-60000],m[1-60000]", 12, "namesMax"],
  ["n[1-60000],-n[1-60000]", 13, "namesMax"],
  ["n1,-n[1-60000],-m[1-60000]", 17, "namesMax"],
  ["a,  b c", 5, '"b c" is not a console name'],
  ["@", 1, '"" is not the name of a group'],
  ["@a b", 1, "is not the name of a group"],
  ["=r1", 1, "is not the name of a label"],
  ["a,rack=", 8, "the label rack has no value"],
  ["n[1-101]*", 1, "scannedTermsMax"],
])("the selection %j is refused at its column", (text, column, problem) => {
  if (column === undefined) {
    expect(literalNames(parseSelection(text))?.[0]).toBe("n001");
    return;
  }
  const fault = faultOf(text);
  expect(fault.rawMessage).toContain(problem);
  expect([fault.code, fault.where]).toEqual(["invalid_argument", `column ${column}`]);
});

test("a selection is refused when it is too long to read", () => {
  expect(faultOf("a".repeat(SELECTION_LIMITS.textLengthMax + 1)).rawMessage).toContain("textLengthMax");
});

test("any text is either a selection or a named fault", () => {
  const texts = fc.string({ unit: fc.constantFrom(..."ab01*-[],@= .\u001b"), maxLength: 30 });
  fc.assert(
    fc.property(texts, (text) => {
      try {
        expect(matches(parseSelection(text), bare("a"))).toBeTypeOf("boolean");
      } catch (reason) {
        expect(reason).toMatchObject({
          code: "invalid_argument",
          where: expect.stringMatching(/^column \d+$/),
        });
      }
    }),
    { numRuns: 5_000 },
  );
});

test("a pattern fits exactly what the same regular expression fits", () => {
  const word = (maxLength: number, letters: string) =>
    fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength });
  fc.assert(
    fc.property(word(6, "ab*"), word(8, "ab"), (pattern, name) => {
      const expected = new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(name);
      expect(matches(parseSelection(pattern), bare(name))).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});
