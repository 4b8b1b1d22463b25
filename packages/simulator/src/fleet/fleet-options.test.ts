import { ConfedError } from "@confed/kernel";
import { expect, test } from "vitest";
import { agentNameOf, completeFleetOptions, consoleNameOf, type FleetOptionsInput } from "./fleet-options.ts";

test("defaults hold where nothing is said, and names have as many digits as the largest", () => {
  const options = completeFleetOptions({ heads: ["head:7100"], agents: undefined });
  expect(options).toMatchObject({ agents: 10, consoles: 100, changesPerSecond: 0 });
  expect(agentNameOf(options, 9)).toBe("sim010");
  expect(consoleNameOf(options, 0, 99)).toBe("sim001-n0100");
  const many = completeFleetOptions({ heads: ["h:1"], agents: 1_000, consoles: 10_000, namePrefix: "x" });
  expect(consoleNameOf(many, 999, 0)).toBe("x1000-n00001");
});

test.each<[string, FleetOptionsInput]>([
  ["heads", { heads: [] }],
  ["agents", { heads: ["h:1"], agents: 0 }],
  ["agents", { heads: ["h:1"], agents: Number.NaN }],
  ["consoles", { heads: ["h:1"], consoles: 1.5 }],
  ["changes", { heads: ["h:1"], changesPerSecond: -1 }],
  ["changes", { heads: ["h:1"], changesPerSecond: Number.NaN }],
  ["prefix", { heads: ["h:1"], namePrefix: "a b" }],
])("%s that cannot be is refused by its name", (subject, input) => {
  let refusal: unknown;
  try {
    completeFleetOptions(input);
  } catch (reason) {
    refusal = reason;
  }
  expect(refusal).toBeInstanceOf(ConfedError);
  expect(refusal).toMatchObject({ code: "invalid_argument", subject });
});

test("a head that is no address is refused", () => {
  expect(() => completeFleetOptions({ heads: ["nowhere"] })).toThrow(/nowhere/);
});
