import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfedError } from "../errors.ts";
import { literalNames, parseSelection } from "../selection.ts";
import { resolveNoderange } from "./resolve-noderange.ts";

/** The nodes of which xCAT's answers were taken down. */
const NODES = [
  ...pad(1, 12).map((n) => ({
    name: `n${n}`,
    groups: ["compute", `rack${Math.ceil(Number(n) / 4)}`, ...(Number(n) % 2 === 1 ? ["odd"] : [])],
    labels: {
      cons: Number(n) % 3 === 0 ? "openbmc" : "ipmi",
      "nodehm.conserver": `sn0${Number(n) > 6 ? 2 : 1}`,
    },
  })),
  ...["f1n1", "f1n2", "f1n3", "f2n1", "f2n2", "f2n3"].map((name) => ({
    name,
    groups: ["fat"],
    labels: { mgt: "kvm" },
  })),
  ...["node1", "node2", "node3", "node4", "node5", "gpu-01-a", "gpu-02-a", "x01-x03"].map((name) => ({
    name,
    groups: [],
    labels: {},
  })),
];

test.each([
  ["n01-n03", "n01 n02 n03"],
  ["n01:n03", "n01 n02 n03"],
  ["n[01-03]", "n01 n02 n03"],
  ["f[1-2]n[1,3]", "f1n1 f1n3 f2n1 f2n3"],
  ["rack1-rack3", "n01 n02 n03 n04 n05 n06 n07 n08 n09 n10 n11 n12"],
  ["rack[1-2]", "n01 n02 n03 n04 n05 n06 n07 n08"],
  ["n10+2", "n10 n11 n12"],
  ["1-3", "node1 node2 node3"],
  ["1+1", "node1 node2"],
  ["4", "node4"],
  ["/n0[12].*", "n01 n02"],
  ["/n0", ""],
  ["/n0(1|2)", "n01 n02"],
  ["compute,-n03-n05,n04", "n01 n02 n06 n07 n08 n09 n10 n11 n12"],
  ["-n01-n10,compute", "n11 n12"],
  ["rack1@odd", "n01 n03"],
  ["rack1,rack2@odd", "n01 n02 n03 n04 n05 n07"],
  ["(rack1,rack2)@odd,n12", "n01 n03 n05 n07 n12"],
  ["all@/f.*", "f1n1 f1n2 f1n3 f2n1 f2n2 f2n3"],
  ["compute,-(rack1,rack2)", "n09 n10 n11 n12"],
  ["compute,-(rack1,-n02)", "n02 n05 n06 n07 n08 n09 n10 n11 n12"],
  ["nodehm.cons==openbmc", "n03 n06 n09 n12"],
  ["nodehm.cons=~^open", "n03 n06 n09 n12"],
  ["cons=~/^open/", "n03 n06 n09 n12"],
  ["cons!=openbmc@rack1", "n01 n02 n04"],
  ["cons!~open@rack1", "n01 n02 n04"],
  ["nodehm.conserver==sn02@odd", "n07 n09 n11"],
  ["groups=~rack2", "n05 n06 n07 n08"],
  ["groups==rack2", "n05 n06 n07 n08"],
  ["mgt=kvm@f1n1-f1n2", "f1n1 f1n2"],
  ["gpu-01-a-gpu-02-a", "gpu-01-a gpu-02-a"],
  ["gpu-[01-02]-a", "gpu-01-a gpu-02-a"],
  ["gpu-01-a", "gpu-01-a"],
  ["x01-x03", "x01-x03"],
  ["'n01',\"n02\" , n03", "n01 n02 n03"],
  ["n0*@odd,-rack3", "n01 n03 n05 n07"],
])("the noderange %s means what it means to xCAT", (text, names) => {
  expect(resolveNoderange(text, NODES)).toEqual({
    names: new Set(names.split(" ").filter((name) => name !== "")),
    missing: [],
  });
});

test.each([
  ["n[1-3]", ["n1", "n2", "n3"]],
  ["n1-n3", ["n1", "n2", "n3"]],
  ["n01,nosuch", ["nosuch"]],
  ["rack1@nosuch", ["nosuch"]],
  ["a-b-c", ["a-b-c"]],
  ["n01-gpu", ["n01-gpu"]],
])("the noderange %s names what is missing", (text, missing) => {
  expect(resolveNoderange(text, NODES).missing).toEqual(missing);
});

test.each([
  ["n03-n01", 1, "runs backwards"],
  ["f1n1-f2n3", 1, "differ in more than one number"],
  ["n01,n[3-1]", 7, "runs backwards"],
  ["(n01", 1, '"(" without ")"'],
  ["n01)", 4, '")" without "("'],
  ["n01,,n02", 5, "a term is missing"],
  ["", 1, "a term is missing"],
  ["n01,^/etc/nodes", 5, "not read here"],
  ["n1-n999999999", 1, "more than 100000 names"],
  ["n[1-60000],m[1-60000]", 12, "namesMax"],
  ["abc+2", 1, "no number to count from"],
  ["/n[", 1, "no regular expression"],
  [`${"(".repeat(70)}n01${")".repeat(70)}`, 66, "nested"],
])("the noderange %j is refused at its column", (text, column, problem) => {
  try {
    resolveNoderange(text, NODES);
    expect.fail(`${text} was accepted`);
  } catch (reason) {
    if (!(reason instanceof ConfedError)) throw reason;
    expect([reason.code, reason.where, reason.rawMessage]).toEqual([
      "invalid_argument",
      `column ${column}`,
      expect.stringContaining(problem),
    ]);
  }
});

test("names and brackets mean the same as in a selection", () => {
  const bracket = fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 3 }))
    .map(([from, more]) => `[0${from}-${String(from + more).padStart(2, "0")}]`);
  const term = fc.tuple(fc.constantFrom("", "-"), bracket).map(([sign, range]) => `${sign}n${range}`);
  fc.assert(
    fc.property(bracket, fc.array(term, { maxLength: 6 }), (first, terms) => {
      const text = [`n${first}`, ...terms].join(",");
      const known = new Set(NODES.map(({ name }) => name));
      const expected = (literalNames(parseSelection(text)) ?? []).filter((name) => known.has(name));
      expect([...resolveNoderange(text, NODES).names]).toEqual([...expected].sort());
    }),
  );
});

test("any text is a noderange or a named fault", () => {
  const texts = fc.string({ unit: fc.constantFrom(..."n01-:+[](),@=~!/^*\"' .a"), maxLength: 30 });
  fc.assert(
    fc.property(texts, (text) => {
      try {
        expect(resolveNoderange(text, NODES).names).toBeInstanceOf(Set);
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

function pad(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index).padStart(2, "0"));
}
