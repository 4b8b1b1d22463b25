import { describe, expect, test } from "vitest";
import { OPTION_STATES, type OptionEvent, type OptionState, stepOption } from "./option-negotiation.ts";
import { OptionTable } from "./option-table.ts";

// RFC 1143, section 7, line by line; "+" and "-" are what is sent. The two columns for a positive
// word in state "no" differ by our willingness; everywhere else that must not matter.
const TABLE: readonly (readonly [OptionState, OptionEvent, string, string?])[] = [
  ["no", "received_positive", "yes +", "no -"],
  ["yes", "received_positive", "yes"],
  ["want_no", "received_positive", "no"],
  ["want_no_opposite", "received_positive", "yes"],
  ["want_yes", "received_positive", "yes"],
  ["want_yes_opposite", "received_positive", "want_no -"],
  ["no", "received_negative", "no"],
  ["yes", "received_negative", "no -"],
  ["want_no", "received_negative", "no"],
  ["want_no_opposite", "received_negative", "want_yes +"],
  ["want_yes", "received_negative", "no"],
  ["want_yes_opposite", "received_negative", "no"],
  ["no", "ask_enable", "want_yes +"],
  ["yes", "ask_enable", "yes"],
  ["want_no", "ask_enable", "want_no_opposite"],
  ["want_no_opposite", "ask_enable", "want_no_opposite"],
  ["want_yes", "ask_enable", "want_yes"],
  ["want_yes_opposite", "ask_enable", "want_yes"],
  ["no", "ask_disable", "no"],
  ["yes", "ask_disable", "want_no -"],
  ["want_no", "ask_disable", "want_no"],
  ["want_no_opposite", "ask_disable", "want_no"],
  ["want_yes", "ask_disable", "want_yes_opposite"],
  ["want_yes_opposite", "ask_disable", "want_yes_opposite"],
];

const SIGN = { positive: " +", negative: " -" };
const written = (state: OptionState, event: OptionEvent, willing: boolean) => {
  const step = stepOption(state, event, willing);
  return `${step.state}${step.send === undefined ? "" : SIGN[step.send]}`;
};

describe("stepOption", () => {
  for (const [state, event, willing, unwilling = willing] of TABLE) {
    test(`${state}, ${event} -> ${willing}`, () => {
      expect(written(state, event, true)).toBe(willing);
      expect(written(state, event, false)).toBe(unwilling);
    });
  }

  test("the table names every state with every event once", () => {
    const pairs = new Set(TABLE.map(([state, event]) => `${state} ${event}`));
    expect(pairs.size).toBe(TABLE.length);
    expect(TABLE.length).toBe(OPTION_STATES.length * 4);
  });
});

describe("OptionTable", () => {
  const accepting = () => new OptionTable({ ours: new Map([[1, "accept"]]), theirs: new Map() });

  test("refuses what the policy does not list, each time it is asked", () => {
    const table = accepting();
    expect(table.received("do", 34).send).toBe("wont");
    expect(table.received("do", 34).send).toBe("wont");
    expect(table.received("will", 1).send).toBe("dont");
    expect(table.received("dont", 34).send).toBeUndefined();
  });

  test("stops agreeing when the far end keeps switching an option on and off", () => {
    const table = accepting();
    const answers = Array.from({ length: 10 }, () => [
      table.received("do", 1).send,
      table.received("dont", 1).send,
    ]);
    expect(answers.slice(0, 8)).toEqual(new Array(8).fill(["will", "wont"]));
    expect(answers.slice(8)).toEqual(new Array(2).fill(["wont", undefined]));
  });
});
