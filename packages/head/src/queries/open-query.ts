import { literalNames, matches, parseSelection, type Selectable } from "@confed/kernel";
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
 * Names that are written out are looked up, so a few of 100,000 cost a few. Everything else is
 * held against every console. "" is every console. `may` leaves out what the caller may not see. Throws "invalid_argument".
 */
export function openQuery(directory: Directory, text: string, may: May = ALWAYS): Query {
  if (text === "") return { candidates: directory.names(), fits: may, unknown: [], literal: false };
  const selection = parseSelection(text);
  const fits: May = (console) => matches(selection, console) && may(console);
  const names = literalNames(selection);
  if (names === undefined) return { candidates: directory.names(), fits, unknown: [], literal: false };
  const isShown = (name: string) => {
    const status = directory.statusOf(name);
    return status !== undefined && may(status);
  };
  return {
    candidates: names.filter(isShown).sort(compareNames),
    fits,
    unknown: names.filter((name) => !isShown(name)),
    literal: true,
  };
}
