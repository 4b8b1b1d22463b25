import { ConfedError } from "../errors.ts";
import { literalNames, matches, parseSelection, type Selectable, type Selection } from "../selection.ts";
import { resolveNoderange } from "./resolve-noderange.ts";

/** The consoles that somebody may select from. */
export interface Selectables {
  has(name: string): boolean;
  /** All of them; asked only where look-ups are not enough. */
  all(): readonly Selectable[];
}

/** What a text that somebody typed selects. */
export type SelectedConsoles =
  /** Each console is to be held against it. */
  | { readonly selection: Selection; readonly names?: undefined; readonly unknown?: undefined }
  /** These, and words that are nothing. */
  | {
      readonly selection?: undefined;
      readonly names: readonly string[];
      readonly unknown: readonly string[];
    };

/**
 * Understand a text as a selection, and where that leaves something open as xCAT's noderange: where it cannot be read
 * as the one, or has words that are no consoles but may be groups or ranges. Names written out cost a look-up each.
 * Throws "invalid_argument".
 */
export function selectConsoles(text: string, consoles: Selectables): SelectedConsoles {
  let selection: Selection;
  try {
    selection = parseSelection(text);
  } catch (reason) {
    return asNoderange(text, consoles, ConfedError.from(reason));
  }
  const { include, exclude } = selection;
  const named = [include, exclude].every(({ names }) =>
    Array.from(names).every((name) => consoles.has(name)),
  );
  // `cons==ipmi`, `cons=~^ip` and `cons=ipmi@rack1` could be labels of strange values.
  const labelled = [...include.labels, ...exclude.labels].every(({ value }) => !/^[=~]|@/.test(value));
  if (!named || !labelled) return asNoderange(text, consoles);
  const names = literalNames(selection);
  return names === undefined ? { selection } : { names, unknown: [] };
}

/**
 * True if the text selects this one console, nothing known of the others: what is asked of one that has just appeared.
 * Parses the text each time. Throws as {@link selectConsoles} does.
 */
export function selectsConsole(text: string, console: Selectable): boolean {
  const { selection, names } = selectConsoles(text, {
    has: (name) => name === console.name,
    all: () => [console],
  });
  return selection === undefined ? names.includes(console.name) : matches(selection, console);
}

function asNoderange(text: string, consoles: Selectables, notSelection?: ConfedError): SelectedConsoles {
  try {
    const { names, missing } = resolveNoderange(text, consoles.all());
    return { names: [...names], unknown: missing };
  } catch (reason) {
    // What has nothing of a noderange was meant as a selection: that says what is wrong with it.
    throw notSelection === undefined || /[()/^~!:+]|[^,\s]@/.test(text) ? reason : notSelection;
  }
}
