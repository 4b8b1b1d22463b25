import { ConfedError } from "../errors.ts";
import { neutralise } from "../neutralise.ts";

/** xCAT's noderange, taken apart. What its words mean only the consoles know: see `resolveNoderange`. */
export interface Noderange {
  readonly include: readonly Intersection[];
  /** Taken away at the end, wherever they stood. */
  readonly exclude: readonly Intersection[];
}

/** Atoms between `@`: what is in all of them. */
export type Intersection = readonly Atom[];

/** What stands between `,` and `@`. */
export type Atom =
  | { readonly type: "word"; readonly text: string; readonly column: number }
  | { readonly type: "range"; readonly range: Noderange; readonly column: number };

// xCAT's own is 4,096; nobody nests by hand, and each level is a call.
const DEPTH_MAX = 64;

/**
 * Take a noderange apart, xCAT's noderange(3): terms between commas, `-` in front excludes, `@` intersects and binds
 * tighter, parentheses group, quotes are dropped. Throws "invalid_argument" with the column (from 1) in `where`.
 */
export function parseNoderange(text: string): Noderange {
  const parser = new Parser(text);
  const range = parser.range(0);
  parser.expectEnd();
  return range;
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  range(depth: number): Noderange {
    if (depth > DEPTH_MAX)
      throw noderangeFault(this.#at + 1, `parentheses are nested more than ${DEPTH_MAX} deep`);
    const include: Intersection[] = [];
    const exclude: Intersection[] = [];
    do {
      this.#skip();
      const excludes = this.#takeIf("-");
      const term = this.#intersection(depth);
      (excludes ? exclude : include).push(term);
    } while (this.#takeIf(","));
    return { include, exclude };
  }

  expectEnd(): void {
    if (this.#at < this.#text.length) throw noderangeFault(this.#at + 1, '")" without "("');
  }

  #intersection(depth: number): Intersection {
    const atoms = [this.#atom(depth)];
    while (this.#takeIf("@")) atoms.push(this.#atom(depth));
    return atoms;
  }

  #atom(depth: number): Atom {
    this.#skip();
    const column = this.#at + 1;
    if (this.#takeIf("(")) {
      const range = this.range(depth + 1);
      if (!this.#takeIf(")")) throw noderangeFault(column, '"(" without ")"');
      this.#skip();
      return { type: "range", range, column };
    }
    const text = this.#word();
    if (text === "") throw noderangeFault(column, "a term is missing");
    return { type: "word", text, column };
  }

  /** To the next `,`, `@` or `)` that is not in brackets, or inside the regular expression that it is. */
  #word(): string {
    let text = "";
    const depths = { "[": 0, "(": 0 };
    for (let char = this.#peek(); char !== ""; char = this.#peek()) {
      const outside = depths["["] === 0 && depths["("] === 0;
      if (outside && (char === "," || char === "@" || char === ")")) break;
      if (char === "[" || char === "(") depths[char] += 1;
      else if (char === "]") depths["["] = Math.max(0, depths["["] - 1);
      else if (char === ")") depths["("] = Math.max(0, depths["("] - 1);
      this.#at += 1;
      if (char !== '"' && char !== "'") text += char;
    }
    return text.trim();
  }

  #peek(): string {
    return this.#text[this.#at] ?? "";
  }

  #skip(): void {
    while (/[\s"']/.test(this.#peek())) this.#at += 1;
  }

  #takeIf(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }
}

/** "invalid_argument" at a column of the noderange. */
export function noderangeFault(column: number, problem: string, hint?: string): ConfedError {
  return new ConfedError("invalid_argument", neutralise(problem, 200), {
    subject: "noderange",
    where: `column ${column}`,
    hint,
  });
}
