/**
 * One direction of one option by the Q method (RFC 1143). "Ours" and "theirs" are the same machine:
 * for ours `positive` reads WILL when sent and DO when received, for theirs DO and WILL.
 * The "opposite" states carry RFC 1143's one-place queue: we changed our mind while waiting.
 */
export const OPTION_STATES = [
  "no",
  "yes",
  "want_no",
  "want_no_opposite",
  "want_yes",
  "want_yes_opposite",
] as const;
export type OptionState = (typeof OPTION_STATES)[number];

/** What can happen to an option: two wishes of ours, two words of the far end. */
export type OptionEvent = "ask_enable" | "ask_disable" | "received_positive" | "received_negative";

/** The state after an event, and the word to say, if any: never more than one for an event. */
export interface OptionStep {
  readonly state: OptionState;
  readonly send?: "positive" | "negative";
}

/**
 * The whole of RFC 1143's rules. `willing` says whether we would let the far end switch the option
 * on; it matters only for `received_positive` in state "no". An answer is given only where the
 * state changed, or to refuse, so two ends can never answer each other for ever.
 */
export function stepOption(state: OptionState, event: OptionEvent, willing: boolean): OptionStep {
  if (event === "received_positive" && state === "no") {
    return willing ? { state: "yes", send: "positive" } : { state: "no", send: "negative" };
  }
  return STEPS[event][state];
}

const STEPS: Readonly<Record<OptionEvent, Readonly<Record<OptionState, OptionStep>>>> = {
  ask_enable: {
    no: { state: "want_yes", send: "positive" },
    yes: { state: "yes" },
    want_no: { state: "want_no_opposite" },
    want_no_opposite: { state: "want_no_opposite" },
    want_yes: { state: "want_yes" },
    want_yes_opposite: { state: "want_yes" },
  },
  ask_disable: {
    no: { state: "no" },
    yes: { state: "want_no", send: "negative" },
    want_no: { state: "want_no" },
    want_no_opposite: { state: "want_no" },
    want_yes: { state: "want_yes_opposite" },
    want_yes_opposite: { state: "want_yes_opposite" },
  },
  received_positive: {
    no: { state: "no", send: "negative" },
    yes: { state: "yes" },
    // A refusal answered by consent is an error of the far end; RFC 1143 says which end wins.
    want_no: { state: "no" },
    want_no_opposite: { state: "yes" },
    want_yes: { state: "yes" },
    want_yes_opposite: { state: "want_no", send: "negative" },
  },
  received_negative: {
    no: { state: "no" },
    yes: { state: "no", send: "negative" },
    want_no: { state: "no" },
    want_no_opposite: { state: "want_yes", send: "positive" },
    want_yes: { state: "no" },
    want_yes_opposite: { state: "no" },
  },
};
