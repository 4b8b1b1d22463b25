import { type OptionEvent, type OptionState, stepOption } from "./option-negotiation.ts";
import type { TelnetVerb } from "./telnet-codes.ts";

/** Who performs the option: we (WILL/DO) or the far end (DO/WILL). */
export type OptionSide = "ours" | "theirs";

/** What we do about an option: ask for it at the start, agree when asked, or (not listed) refuse. */
export type OptionPolicy = Readonly<Record<OptionSide, ReadonlyMap<number, "ask" | "accept">>>;

/** What one event led to. `changed` is set when the option came into or went out of force. */
export interface OptionOutcome {
  readonly side: OptionSide;
  readonly send?: TelnetVerb;
  readonly changed?: "enabled" | "disabled";
}

/**
 * How often the far end may switch one option on. Nobody sane needs more than two; beyond, the
 * option is refused for the rest of the connection, which ends every ping-pong.
 */
const OPTION_ENABLES_MAX = 8;

interface Entry {
  readonly state: OptionState;
  readonly enables: number;
}

/** Every option that was ever spoken of. Plain data: it may cross to another process as JSON. */
export type OptionTableSnapshot = Readonly<
  Record<OptionSide, readonly (readonly [option: number, entry: Entry])[]>
>;

/**
 * The state of every negotiated option of one connection. Options that the policy does not list
 * cost no memory: they are always refused. One event never gives more than one word to send.
 */
export class OptionTable {
  readonly #policy: OptionPolicy;
  readonly #entries: Readonly<Record<OptionSide, Map<number, Entry>>>;

  /** Nothing is negotiated yet, or as far as another table's snapshot says. */
  constructor(policy: OptionPolicy, from: OptionTableSnapshot = { ours: [], theirs: [] }) {
    this.#policy = policy;
    this.#entries = { ours: new Map(from.ours), theirs: new Map(from.theirs) };
  }

  snapshot(): OptionTableSnapshot {
    const { ours, theirs } = this.#entries;
    return { ours: [...ours], theirs: [...theirs] };
  }

  /** Whether the option is in force: agreed by both. */
  enabled(side: OptionSide, option: number): boolean {
    return this.#entry(side, option).state === "yes";
  }

  /** Whether we asked and have no answer yet. */
  pending(side: OptionSide, option: number): boolean {
    const { state } = this.#entry(side, option);
    return state !== "yes" && state !== "no";
  }

  /** A wish of ours. */
  ask(side: OptionSide, option: number, wish: "ask_enable" | "ask_disable"): OptionOutcome {
    return this.#step(side, option, wish);
  }

  /** A word of the far end. */
  received(verb: TelnetVerb, option: number): OptionOutcome {
    const side = verb === "do" || verb === "dont" ? "ours" : "theirs";
    return this.#step(
      side,
      option,
      verb === "do" || verb === "will" ? "received_positive" : "received_negative",
    );
  }

  #step(side: OptionSide, option: number, event: OptionEvent): OptionOutcome {
    const before = this.#entry(side, option);
    const willing = this.#policy[side].has(option) && before.enables < OPTION_ENABLES_MAX;
    const { state, send } = stepOption(before.state, event, willing);
    const enabled = state === "yes" && before.state !== "yes";
    const disabled = state !== "yes" && before.state === "yes";
    if (state !== before.state) {
      this.#entries[side].set(option, { state, enables: before.enables + (enabled ? 1 : 0) });
    }
    return {
      side,
      ...(send === undefined ? {} : { send: VERB[side][send] }),
      ...(enabled ? { changed: "enabled" } : disabled ? { changed: "disabled" } : {}),
    };
  }

  #entry(side: OptionSide, option: number): Entry {
    return this.#entries[side].get(option) ?? UNTOUCHED;
  }
}

const UNTOUCHED: Entry = { state: "no", enables: 0 };

const VERB = {
  ours: { positive: "will", negative: "wont" },
  theirs: { positive: "do", negative: "dont" },
} as const satisfies Record<OptionSide, Record<"positive" | "negative", TelnetVerb>>;
