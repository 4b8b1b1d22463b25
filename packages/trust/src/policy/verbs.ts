import { ConfedError, neutralise } from "@confed/kernel";

/** What can be allowed, each by itself: who may write may not therefore send a break (SysRq). */
export const VERBS = [
  /** See that a console exists, its state and who is attached. */
  "list",
  /** Watch its output. */
  "view",
  "log.read",
  "search",
  /** Hold the keyboard while nobody else does. */
  "write",
  /** Take the keyboard from somebody. */
  "force",
  "break",
  "power",
  "share",
  "moderate",
  /** Change what consoles there are, and read configuration again. */
  "config",
  /** Let agents into the federation. */
  "enrol",
  "audit.read",
  /** Users, roles and tokens. */
  "admin",
] as const;

/** One of {@link VERBS}. Stable: it stands in policies, tickets and audit lines. */
export type Verb = (typeof VERBS)[number];

/** What each action of a `Control` call takes, at heads and agents. Whoever may look at a console may speak to the others who do. */
export const CONTROL_VERBS = {
  reload: "config",
  reconnect: "write",
  tell: "view",
  disconnect: "admin",
} as const satisfies Readonly<Record<string, Verb>>;

/** Some verbs, a bit each: a decision over 100,000 consoles makes no object per console. */
export type VerbSet = number;

/** Every verb there is. */
export const ALL_VERBS: VerbSet = 2 ** VERBS.length - 1;

/** The set of these. */
export function verbSet(verbs: Iterable<Verb>): VerbSet {
  let set = 0;
  for (const verb of verbs) set |= 1 << VERBS.indexOf(verb);
  return set;
}

/** True if all of `wanted` are in `set`. */
export function holds(set: VerbSet, wanted: VerbSet): boolean {
  return (set & wanted) === wanted;
}

/** What a set holds, in the order of {@link VERBS}. */
export function verbsIn(set: VerbSet): Verb[] {
  return VERBS.filter((_verb, bit) => (set & (1 << bit)) !== 0);
}

/** True for the name of a verb; for what comes from a file or a wire. */
export function isVerb(text: string): text is Verb {
  return (VERBS as readonly string[]).includes(text);
}

/** A list of verbs as people write it: "list,view", "*". Throws "invalid_argument". */
export function parseVerbs(text: string): VerbSet {
  let set = 0;
  for (const word of text.split(",").map((part) => part.trim())) {
    if (word === "*") set |= ALL_VERBS;
    else if (isVerb(word)) set |= verbSet([word]);
    else {
      throw new ConfedError("invalid_argument", `"${neutralise(word, 40)}" is not a verb`, {
        subject: "verbs",
        hint: `* or some of ${VERBS.join(", ")}`,
      });
    }
  }
  return set;
}
