import { literalNames, matches, parseSelection, type Selectable } from "@confed/kernel";
import type { Directory } from "../directory/directory.ts";
import { compareNames } from "../directory/natural-order.ts";

/** A selection held against the directory as it is now. */
export interface Query {
  /** In the order people count. Each has still to be asked `fits`. */
  readonly candidates: readonly string[];
  /** Holds for consoles that appear later as well. */
  readonly fits: (console: Selectable) => boolean;
  /** Written out, and not there. */
  readonly unknown: readonly string[];
  /** True when the selection names its consoles. */
  readonly literal: boolean;
}

const ALWAYS = () => true;

/**
 * Names that are written out are looked up, so a few of 100,000 cost a few. Everything else is
 * held against every console. "" is every console. Throws "invalid_argument".
 */
export function openQuery(directory: Directory, text: string): Query {
  if (text === "") return { candidates: directory.names(), fits: ALWAYS, unknown: [], literal: false };
  const selection = parseSelection(text);
  const fits = (console: Selectable) => matches(selection, console);
  const names = literalNames(selection);
  if (names === undefined) return { candidates: directory.names(), fits, unknown: [], literal: false };
  return {
    candidates: names.filter((name) => directory.has(name)).sort(compareNames),
    fits,
    unknown: names.filter((name) => !directory.has(name)),
    literal: true,
  };
}
