import { matches, type Selectable, selectConsoles, selectsConsole } from "@confed/kernel";
import type { Directory } from "../directory/directory.ts";
import { compareNames } from "../directory/natural-order.ts";

/** Whether a console may be shown to whoever asks. */
type May = (console: Selectable & { readonly owner: string }) => boolean;

/** A selection held against the directory as it is now. */
export interface Query {
  /** In the order people count. Each has still to be asked `fits`. */
  readonly candidates: readonly string[];
  /** Holds for consoles that appear later as well. */
  readonly fits: May;
  /** Written out, and not there, or not for whoever asks: which of the two is not told. */
  readonly unknown: readonly string[];
  /** True when the selection names its consoles. */
  readonly literal: boolean;
}

const ALWAYS = () => true;

/**
 * What a selection or an xCAT noderange means in the directory as it is now. Names that are written out are looked up,
 * so a few of 100,000 cost a few. Everything else is held against every console. "" is every console. `may` leaves out
 * what the caller may not see. Throws "invalid_argument".
 */
export function openQuery(directory: Directory, text: string, may: May = ALWAYS): Query {
  if (text === "") return { candidates: directory.names(), fits: may, unknown: [], literal: false };
  const statusOf = (name: string) => {
    const status = directory.statusOf(name);
    return status !== undefined && may(status) ? status : undefined;
  };
  const { selection, names, unknown } = selectConsoles(text, {
    has: (name) => statusOf(name) !== undefined,
    all: () => directory.names().flatMap((name) => statusOf(name) ?? []),
  });
  if (selection !== undefined) {
    const fits: May = (console) => matches(selection, console) && may(console);
    return { candidates: directory.names(), fits, unknown: [], literal: false };
  }
  const named = new Set(names);
  return {
    candidates: [...names].sort(compareNames),
    // A console that appears later may be of a group or a range that was written.
    fits: (console) => (named.has(console.name) || selectsConsole(text, console)) && may(console),
    unknown,
    literal: true,
  };
}
