import { type Clock, ConfedError, parseDurationMs } from "@confed/kernel";
import { type BmcFaults, NO_BMC_FAULTS } from "./bmc-faults.ts";
import type { FakeBmc } from "./fake-bmc.ts";

/** What is wrong with simulated BMCs from their start on. Plain data: it crosses to a child process. */
export interface BmcTrouble {
  readonly faults: Partial<BmcFaults>;
  /** Again and again: SOL is stolen, with or without a word, or the BMC restarts. */
  readonly stealEveryMs?: number | undefined;
  readonly stealSilentlyEveryMs?: number | undefined;
  readonly rebootEveryMs?: number | undefined;
}

/** How long a BMC that restarts answers nothing. Real ones take minutes. */
const REBOOT_MS = 10_000;

const CHANCE = "a part from 0 to 1: loss=0.1";
const COUNT = "a whole number: 7, 0x81";

/** The words of a command line, each for one fault. */
const WORDS: Readonly<Record<string, (value: string) => Partial<BmcFaults> | undefined>> = {
  loss: (value) => chance(value, "lossRatio"),
  duplicate: (value) => chance(value, "duplicateRatio"),
  reorder: (value) => chance(value, "reorderRatio"),
  accept: (value) => count(value, "acceptMax"),
  suspended: (value) => flag(value, "suspended"),
  "no-break": (value) => flag(value, "ignoresBreaks"),
  size: (value) => count(value, "inboundBytes"),
  port: (value) => (value === "swapped" || value === "default" ? { port: value } : undefined),
  "open-status": (value) => count(value, "openStatus"),
  "rakp2-status": (value) => count(value, "rakp2Status"),
  "activate-code": (value) => count(value, "activateCode"),
  "lost-activates": (value) => count(value, "losesActivateAnswers"),
  "keeps-owner": (value) => flag(value, "keepsOwner"),
  "no-instance-info": (value) => flag(value, "hasNoInstanceInfo"),
  sessions: (value) => count(value, "sessionsMax"),
  "denies-v20": (value) => flag(value, "deniesV20"),
  "wrong-sums": (value) => flag(value, "wrongSums"),
  "pads-users": (value) => flag(value, "padsUsers"),
  "long-codes": (value) => flag(value, "longCodes"),
  "long-lengths": (value) => flag(value, "longLengths"),
  "open-privilege": (value) => flag(value, "hashesOpenPrivilege"),
  "passes-through": (value) => flag(value, "passesThrough"),
  silent: (value) => flag(value, "silent"),
};

const TIMED = {
  steal: "stealEveryMs",
  "steal-silently": "stealSilentlyEveryMs",
  reboot: "rebootEveryMs",
} as const;

/** `loss=0.1,port=swapped,steal=30s`. Throws "invalid_argument" naming the word. */
export function parseBmcTrouble(text: string): BmcTrouble {
  const faults: Partial<BmcFaults> = {};
  const timed: Partial<Record<(typeof TIMED)[keyof typeof TIMED], number>> = {};
  for (const word of text.split(",").filter((each) => each !== "")) {
    const [name = "", value = ""] = word.split("=", 2);
    const every = Object.hasOwn(TIMED, name) ? TIMED[name as keyof typeof TIMED] : undefined;
    if (every !== undefined) timed[every] = parseDurationMs(value);
    else {
      const read = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
      const fault = read?.(value);
      if (fault === undefined) throw notAFault(word, read !== undefined);
      Object.assign(faults, fault);
    }
  }
  return { faults, ...timed };
}

/** Trouble a BMC as told, until it is closed: timers that fire then do nothing. */
export function troubleBmc(bmc: FakeBmc, trouble: BmcTrouble, timers: Pick<Clock, "after">): void {
  Object.assign(bmc.faults, trouble.faults);
  const { stealEveryMs, stealSilentlyEveryMs, rebootEveryMs } = trouble;
  const again = (everyMs: number | undefined, happen: () => void) => {
    if (everyMs === undefined) return;
    timers.after(everyMs, () => {
      if (bmc.closed) return;
      happen();
      again(everyMs, happen);
    });
  };
  again(stealEveryMs, () => {
    bmc.steal({ notice: true });
  });
  again(stealSilentlyEveryMs, () => {
    bmc.steal({ notice: false });
  });
  again(rebootEveryMs, () => {
    bmc.forgetSessions();
    bmc.faults.silent = true;
    timers.after(REBOOT_MS, () => {
      bmc.faults.silent = trouble.faults.silent ?? NO_BMC_FAULTS.silent;
    });
  });
}

function notAFault(word: string, known: boolean): ConfedError {
  const names = [...Object.keys(WORDS), ...Object.keys(TIMED)].join(", ");
  return new ConfedError("invalid_argument", `${word} is no fault of a BMC`, {
    subject: word,
    hint: known ? `${CHANCE}; ${COUNT}; port=swapped or port=default; others stand alone` : names,
  });
}

type KeyOf<T> = { [Key in keyof BmcFaults]: BmcFaults[Key] extends T ? Key : never }[keyof BmcFaults];

function chance(value: string, key: KeyOf<number>): Partial<BmcFaults> | undefined {
  const ratio = Number(value);
  return value !== "" && ratio >= 0 && ratio <= 1 ? { [key]: ratio } : undefined;
}

function count(value: string, key: KeyOf<number>): Partial<BmcFaults> | undefined {
  const number = Number(value);
  return value !== "" && Number.isInteger(number) && number >= 0 && number <= 65_535
    ? { [key]: number }
    : undefined;
}

function flag(value: string, key: KeyOf<boolean>): Partial<BmcFaults> | undefined {
  return value === "" ? { [key]: true } : undefined;
}
