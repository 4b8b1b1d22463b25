import fc from "fast-check";
import { expect, test } from "vitest";
import { type ClaimView, stepClaim } from "./claim-step.ts";

const view = (some: Partial<ClaimView>): ClaimView => ({
  ...{ recorded: undefined, assigned: undefined, holders: [], letGo: false },
  ...some,
});
const STAY = { is: "stay" };
const FORGET = { is: "forget" };
const record = (agent: string) => ({ is: "record", agent });

test.each<[what: string, Partial<ClaimView>, step: object]>([
  ["nobody has it, and nobody shall", {}, STAY],
  ["one has it", { holders: ["a"] }, record("a")],
  ["two have it", { holders: ["a", "b"] }, record("a")],
  ["it is assigned, and nobody has it", { assigned: "a" }, record("a")],
  ["it is assigned, and another has it", { assigned: "a", holders: ["b"] }, record("b")],
  ["it is assigned to the second of two who have it", { assigned: "b", holders: ["a", "b"] }, record("b")],
  ["it is as recorded", { recorded: "a", holders: ["a"] }, STAY],
  ["another claims it as well", { recorded: "a", holders: ["b", "a"] }, STAY],
  ["only another claims it, and the recorded one is away", { recorded: "a", holders: ["b"] }, STAY],
  ["it was let go of, and nobody shall have it", { recorded: "a", letGo: true }, FORGET],
  ["it was let go of, and another has it", { recorded: "a", letGo: true, holders: ["b"] }, record("b")],
  [
    "it was let go of, and is assigned to another",
    { recorded: "a", letGo: true, assigned: "b" },
    record("b"),
  ],
  ["it is assigned to another, and not let go of", { recorded: "a", assigned: "b", holders: ["a"] }, STAY],
  ["it is assigned to another, and its agent is away", { recorded: "a", assigned: "b" }, STAY],
  [
    "it is on its way to the one that it is recorded for",
    { recorded: "a", letGo: true, assigned: "a" },
    STAY,
  ],
  [
    "it was let go of by one, assigned to another, and a third has it",
    { recorded: "a", letGo: true, assigned: "b", holders: ["c"] },
    record("c"),
  ],
])("when %s", (_what, some, step) => {
  expect(stepClaim(view(some))).toEqual(step);
});

test("whoever is recorded keeps it until he has let go, whatever else happens", () => {
  const agent = fc.constantFrom("a", "b", "c");
  fc.assert(
    fc.property(
      agent,
      fc.option(agent, { nil: undefined }),
      fc.array(agent),
      (recorded, assigned, holders) => {
        expect(stepClaim({ recorded, assigned, holders, letGo: false })).toEqual(STAY);
      },
    ),
  );
});
