import { isConsoleName } from "./console-name.ts";
import { ConfedError } from "./errors.ts";
import { compileGlob, type Glob } from "./glob.ts";
import { neutralise } from "./neutralise.ts";
import { expandRanges } from "./selection-range.ts";

/**
 * Which consoles are meant. Made by {@link parseSelection}, read by {@link matches}; callers keep
 * and pass it, and look only at `text`.
 */
export interface Selection {
  /** As it was written. */
  readonly text: string;
  readonly include: Terms;
  readonly exclude: Terms;
}

/** What {@link matches} looks at. */
export interface Selectable {
  readonly name: string;
  readonly groups: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Terms of one sign, by kind. A console fits when any of them fits. */
interface Terms {
  readonly names: ReadonlySet<string>;
  readonly globs: readonly Glob[];
  readonly groups: ReadonlySet<string>;
  readonly labels: readonly Label[];
}

interface Label {
  readonly key: string;
  readonly value: string;
}

/** Bounds of a selection; text comes from command lines and the network. */
export const SELECTION_LIMITS = {
  /** Room for the 100,000 consoles of the largest site, each named by hand. */
  textLengthMax: 2 * 1024 * 1024,
  /** Names that all ranges together may stand for: the consoles of the largest site. */
  namesMax: 100_000,
  /** Terms that every console must be held against one by one. */
  scannedTermsMax: 100,
} as const;

const WORD = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * Understand a selection: terms between commas, of which a console must fit at least one, and
 * none that begins with "-".
 *
 *     n1             the console of that name, case counts
 *     r[1-4]n[01-16] every number of the ranges, zeros in front kept
 *     n*             every name of that form; "*" alone is every console
 *     @compute       the members of a group
 *     rack=r1        the consoles with that label
 *     n[1-20],-n7    all of the first but not the second
 *
 * Throws "invalid_argument" with the column (from 1) in `where`.
 */
export function parseSelection(text: string): Selection {
  if (text.length > SELECTION_LIMITS.textLengthMax) {
    throw fault(
      1,
      `the selection is longer than ${SELECTION_LIMITS.textLengthMax} characters (textLengthMax)`,
    );
  }
  const include = new TermsBuilder();
  const exclude = new TermsBuilder();
  for (const { term, column } of splitTerms(text)) {
    if (term === "") {
      throw fault(column, text.trim() === "" ? "the selection is empty" : "a term is missing", HINT);
    }
    const excludes = term.startsWith("-");
    // Both signs share one bound: the work is the same.
    const room = SELECTION_LIMITS.namesMax - include.names.size - exclude.names.size;
    if (excludes) exclude.add(term.slice(1), column + 1, room);
    else include.add(term, column, room);
  }
  if (include.isEmpty) {
    throw fault(1, "the selection only excludes", 'put what it excludes from in front: "*,-n7"');
  }
  if (include.scannedCount + exclude.scannedCount > SELECTION_LIMITS.scannedTermsMax) {
    throw fault(1, `more than ${SELECTION_LIMITS.scannedTermsMax} patterns and labels (scannedTermsMax)`);
  }
  return { text, include, exclude };
}

/** True if the console is meant. Cheap for names: hold one selection against 100,000 consoles. */
export function matches({ include, exclude }: Selection, console: Selectable): boolean {
  return fits(include, console) && !fits(exclude, console);
}

/**
 * The names meant, in the order written, if the selection can be known without knowing the
 * consoles: then look them up, and say which do not exist. Undefined if it must be held against
 * every console.
 */
export function literalNames({ include, exclude }: Selection): readonly string[] | undefined {
  const needsConsoles = ({ groups, labels }: Terms) => groups.size > 0 || labels.length > 0;
  if (include.globs.length > 0 || needsConsoles(include) || needsConsoles(exclude)) return undefined;
  return [...include.names].filter((name) => !fits(exclude, { name, groups: [], labels: {} }));
}

function fits(terms: Terms, { name, groups, labels }: Selectable): boolean {
  return (
    terms.names.has(name) ||
    terms.globs.some((glob) => glob(name)) ||
    (terms.groups.size > 0 && groups.some((group) => terms.groups.has(group))) ||
    terms.labels.some(({ key, value }) => labels[key] === value)
  );
}

const HINT = 'names and ranges between commas: "a,b,n[01-20,25],@group,rack=r1,-n7"';

class TermsBuilder implements Terms {
  readonly names = new Set<string>();
  readonly globs: Glob[] = [];
  readonly groups = new Set<string>();
  readonly labels: Label[] = [];

  get isEmpty(): boolean {
    return this.names.size + this.groups.size + this.scannedCount === 0;
  }

  get scannedCount(): number {
    return this.globs.length + this.labels.length;
  }

  add(term: string, column: number, namesRoom: number): void {
    const equals = term.indexOf("=");
    if (equals >= 0) this.#addLabel(term.slice(0, equals), term.slice(equals + 1), column);
    else if (term.startsWith("@")) this.#addGroup(term.slice(1), column);
    else this.#addNames(term, column, namesRoom);
  }

  #addLabel(key: string, value: string, column: number): void {
    if (!WORD.test(key)) throw fault(column, `"${neutralise(key, 40)}" is not the name of a label`, HINT);
    if (value === "") throw fault(column + key.length + 1, `the label ${key} has no value`, HINT);
    this.labels.push({ key, value });
  }

  #addGroup(group: string, column: number): void {
    if (!WORD.test(group)) throw fault(column, `"${neutralise(group, 40)}" is not the name of a group`, HINT);
    this.groups.add(group);
  }

  #addNames(term: string, column: number, namesRoom: number): void {
    const names = expandRanges(term, namesRoom, (offset, problem) => {
      throw fault(column + offset, problem, 'a range is numbers: "n[01-20,25]"');
    });
    for (const name of names) {
      // A star stands for anything, so a name fits if it could be one with a letter in its place.
      if (!isConsoleName(name.replaceAll("*", "x"))) {
        throw fault(column, `"${neutralise(name, 140)}" is not a console name or pattern`, HINT);
      }
      if (name.includes("*")) this.globs.push(compileGlob(name));
      else this.names.add(name);
    }
  }
}

interface Term {
  readonly term: string;
  readonly column: number;
}

/** Between commas that are not inside brackets, without the blanks around. */
function* splitTerms(text: string): Generator<Term> {
  for (const { 0: raw, index } of text.matchAll(/(?<=^|,)(?:\[[^\]]*(?:\]|$)|[^,[])*/g)) {
    const term = raw.trim();
    yield { term, column: index + raw.indexOf(term) + 1 };
  }
}

function fault(column: number, problem: string, hint?: string): ConfedError {
  return new ConfedError("invalid_argument", problem, {
    subject: "selection",
    where: `column ${column}`,
    hint,
  });
}
