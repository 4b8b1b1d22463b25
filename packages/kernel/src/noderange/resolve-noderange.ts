import { compileGlob } from "../glob.ts";
import { SELECTION_LIMITS, type Selectable } from "../selection.ts";
import { expandWord } from "./expand-word.ts";
import { compilePattern } from "./name-pattern.ts";
import {
  type Atom,
  type Intersection,
  type Noderange,
  noderangeFault,
  parseNoderange,
} from "./parse-noderange.ts";

/** What a noderange comes to. */
export interface ResolvedNoderange {
  /** Each once, in the order of the consoles. */
  readonly names: ReadonlySet<string>;
  /** Words that are no console, no group and no range of either: not an error of the others. */
  readonly missing: readonly string[];
}

/**
 * The consoles, of all that the caller may know of, that an xCAT noderange means. Each word is, in this order: a console; a group; `all`; an attribute
 * with `==`, `=`, `!=`, `=~` or `!~`; a number; `/regex` for whole names; a range of consoles or of groups.
 * Attributes are the console's labels, `table.column` or the column alone, and `groups` (or `tags`). Forms that
 * selections have besides work too: `@group`, `n*`.
 *
 * Throws "invalid_argument" with a column for what cannot be read, `^file` included: the file is on another host.
 * Costs a pass over the consoles for each attribute and pattern, and one for all names and groups.
 */
export function resolveNoderange(text: string, consoles: readonly Selectable[]): ResolvedNoderange {
  if (text.length > SELECTION_LIMITS.textLengthMax)
    throw noderangeFault(1, "the noderange is too long (textLengthMax)");
  const missing = new Set<string>();
  const resolver = new Resolver(consoles, missing);
  const names = resolver.range(parseNoderange(text));
  return {
    names: new Set(consoles.flatMap(({ name }) => (names.has(name) ? [name] : []))),
    missing: [...missing],
  };
}

type Names = ReadonlySet<string>;

class Resolver {
  readonly #consoles: readonly Selectable[];
  readonly #missing: Set<string>;
  readonly #names: Names;
  readonly #groups = new Map<string, Set<string>>();
  #scansLeft = SELECTION_LIMITS.scannedTermsMax;
  #namesLeft = SELECTION_LIMITS.namesMax;

  constructor(consoles: readonly Selectable[], missing: Set<string>) {
    this.#consoles = consoles;
    this.#missing = missing;
    this.#names = new Set(consoles.map(({ name }) => name));
    for (const { name, groups } of consoles) {
      for (const group of groups) {
        const members = this.#groups.get(group);
        if (members === undefined) this.#groups.set(group, new Set([name]));
        else members.add(name);
      }
    }
  }

  range({ include, exclude }: Noderange): Names {
    const names = new Set<string>();
    for (const term of include) for (const name of this.#intersection(term)) names.add(name);
    for (const term of exclude) for (const name of this.#intersection(term)) names.delete(name);
    return names;
  }

  #intersection(atoms: Intersection): Names {
    return atoms
      .map((atom) => this.#atom(atom))
      .reduce((all, names) => new Set([...all].filter((name) => names.has(name))));
  }

  #atom(atom: Atom): Names {
    if (atom.type === "range") return this.range(atom.range);
    const { text, column } = atom;
    const known = this.#known(text);
    if (known !== undefined) return known;
    if (text.startsWith("^")) {
      throw noderangeFault(
        column,
        "a list in a file is not read here",
        'name what it holds: "$(paste -sd, FILE)"',
      );
    }
    if (text.startsWith("/")) return this.#scan(column, this.#pattern(text.slice(1), column, true));
    const [, attribute, operator, value] = /^([A-Za-z_][A-Za-z0-9_.]*)(==|=~|!=|!~|=)(.*)$/s.exec(text) ?? [];
    if (attribute !== undefined && operator !== undefined && value !== undefined)
      return this.#attribute(attribute, operator, value, column);
    if (text.includes("*")) {
      const glob = compileGlob(text);
      return this.#scan(column, ({ name }) => glob(name));
    }
    const words = expandWord(text, column, this.#namesLeft);
    if (words === undefined) return this.#lost(text);
    this.#namesLeft -= words.length;
    return new Set(words.flatMap((word) => [...(this.#known(word) ?? this.#lost(word))]));
  }

  /** A console of that name, else the members of a group. */
  #known(word: string): Names | undefined {
    if (this.#names.has(word)) return new Set([word]);
    const group = this.#groups.get(word);
    if (group !== undefined) return group;
    // Every node of xCAT is in this group.
    return word === "all" ? this.#names : undefined;
  }

  #lost(word: string): Names {
    this.#missing.add(word);
    return new Set();
  }

  #attribute(attribute: string, operator: string, value: string, column: number): Names {
    const bare = /^\/(.*)\/$/s.exec(value)?.[1] ?? value;
    const fits = operator.endsWith("~") ? this.#pattern(bare, column, false) : undefined;
    const holds = (text: string) => (fits === undefined ? text === value : fits({ name: text }));
    const wanted = !operator.startsWith("!");
    return this.#scan(column, (console) => valuesOf(console, attribute).some(holds) === wanted);
  }

  #pattern(pattern: string, column: number, whole: boolean): (console: { readonly name: string }) => boolean {
    try {
      const fits = compilePattern(whole ? `^(?:${pattern})$` : pattern);
      return ({ name }) => fits(name);
    } catch (reason) {
      throw noderangeFault(
        column,
        `"${pattern}" is no regular expression: ${(reason as SyntaxError).message}`,
      );
    }
  }

  #scan(column: number, fits: (console: Selectable) => boolean): Names {
    this.#scansLeft -= 1;
    if (this.#scansLeft < 0)
      throw noderangeFault(column, "there are too many patterns and attributes (scannedTermsMax)");
    return new Set(this.#consoles.flatMap((console) => (fits(console) ? [console.name] : [])));
  }
}

/** A node without the attribute has it empty. */
function valuesOf({ groups, labels }: Selectable, attribute: string): readonly string[] {
  const column = attribute.slice(attribute.indexOf(".") + 1);
  if (column === "groups" || column === "tags") return groups.length === 0 ? [""] : groups;
  const label = Object.hasOwn(labels, attribute) ? labels[attribute] : labels[column];
  return [Object.hasOwn(labels, attribute) || Object.hasOwn(labels, column) ? (label ?? "") : ""];
}
