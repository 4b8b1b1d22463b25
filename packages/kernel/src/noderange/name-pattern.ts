/**
 * A regular expression over names: literals, `.`, `[...]`, `\d \w \s \.`, groups, `|`, `* + ? {m,n}`, `^` and `$`.
 * True if it is found anywhere in a text. Throws a SyntaxError for what is none, back references and look-around
 * included.
 *
 * People type these and heads run them, so it never backtracks: it carries the set of places where the text may be
 * continued, at most one for each character. Node's RegExp can take for ever, and a library for this alone
 * costs every process 7 MB.
 */
export function compilePattern(pattern: string): (text: string) => boolean {
  const parser = new PatternParser(pattern);
  const expression = parser.alternatives();
  parser.expectEnd();
  return (text) => {
    const everywhere = new Set(Array.from({ length: text.length + 1 }, (_, at) => at));
    return expression(text, everywhere).size > 0;
  };
}

/** From the places where it may begin, the places where it may end. */
type Expression = (text: string, from: ReadonlySet<number>) => ReadonlySet<number>;

// `{m,n}` is written out; a name has 128 characters.
const REPEATS_MAX = 128;

// Of names, nobody writes longer ones; parsing nests one call for each parenthesis.
const PATTERN_LENGTH_MAX = 1_000;

class PatternParser {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    if (pattern.length > PATTERN_LENGTH_MAX) throw new SyntaxError("it is too long");
    this.#pattern = pattern;
  }

  alternatives(): Expression {
    const branches = [this.#sequence()];
    while (this.#takeIf("|")) branches.push(this.#sequence());
    if (branches.length === 1 && branches[0] !== undefined) return branches[0];
    return (text, from) => new Set(branches.flatMap((branch) => [...branch(text, from)]));
  }

  expectEnd(): void {
    if (this.#at < this.#pattern.length) throw new SyntaxError('")" without "("');
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    while (this.#at < this.#pattern.length && !/[|)]/.test(this.#peek())) parts.push(this.#repeated());
    return (text, from) =>
      parts.reduce((places, part) => (places.size === 0 ? places : part(text, places)), from);
  }

  #repeated(): Expression {
    let expression = this.#atom();
    for (;;) {
      const [all, sign, least, comma, most] =
        /^([*+?])|^\{(\d{1,3})(,)?(\d{1,3})?\}/.exec(this.#pattern.slice(this.#at)) ?? [];
      if (all === undefined) return expression;
      this.#at += all.length;
      if (sign !== undefined)
        expression = repeat(expression, sign === "+" ? 1 : 0, sign === "?" ? 1 : undefined);
      else {
        const from = Number(least);
        const to = comma === undefined ? from : most === undefined ? undefined : Number(most);
        if (from > REPEATS_MAX || (to ?? from) > REPEATS_MAX || (to ?? from) < from)
          throw new SyntaxError(`${all} is no count`);
        expression = repeat(expression, from, to);
      }
    }
  }

  #atom(): Expression {
    const char = this.#peek();
    this.#at += 1;
    if (char === "(") {
      if (this.#takeIf("?")) if (!this.#takeIf(":")) throw new SyntaxError("look-around is not understood");
      const inside = this.alternatives();
      if (!this.#takeIf(")")) throw new SyntaxError('"(" without ")"');
      return inside;
    }
    if (char === "^") return (_, from) => new Set(from.has(0) ? [0] : []);
    if (char === "$") return (text, from) => new Set(from.has(text.length) ? [text.length] : []);
    if (char === ".") return one(() => true);
    if (char === "[") return one(this.#characterClass());
    if (char === "\\") return one(this.#escaped());
    if (/[*+?]/.test(char)) throw new SyntaxError(`nothing to repeat before "${char}"`);
    return one((each) => each === char);
  }

  /** One character against a class is a job for RegExp: nothing can be repeated in it. */
  #characterClass(): (char: string) => boolean {
    const [all] = /^\^?\]?(?:\\.|[^\]\\])*\]/s.exec(this.#pattern.slice(this.#at)) ?? [];
    if (all === undefined) throw new SyntaxError('"[" without "]"');
    this.#at += all.length;
    const inside = all.slice(0, -1).replace(/^(\^?)\]/, "$1\\]");
    const fits = new RegExp(`^[${inside}]$`, "s");
    return (char) => fits.test(char);
  }

  #escaped(): (char: string) => boolean {
    const char = this.#peek();
    this.#at += 1;
    if (/[dDwWsS]/.test(char)) {
      const fits = new RegExp(`\\${char}`);
      return (each) => fits.test(each);
    }
    if (char === "" || /[A-Za-z0-9]/.test(char)) throw new SyntaxError(`"\\${char}" is not understood`);
    return (each) => each === char;
  }

  #peek(): string {
    return this.#pattern[this.#at] ?? "";
  }

  #takeIf(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }
}

function one(fits: (char: string) => boolean): Expression {
  return (text, from) => {
    const to = new Set<number>();
    for (const at of from) if (at < text.length && fits(text.charAt(at))) to.add(at + 1);
    return to;
  };
}

/** `most` undefined: any number of times, until no new place is reached. */
function repeat(expression: Expression, least: number, most: number | undefined): Expression {
  return (text, from) => {
    let places = from;
    for (let times = 0; times < least; times += 1) places = expression(text, places);
    const reached = new Set(places);
    for (let times = least; places.size > 0 && times < (most ?? Number.POSITIVE_INFINITY); times += 1) {
      places = new Set([...expression(text, places)].filter((at) => !reached.has(at)));
      for (const at of places) reached.add(at);
    }
    return reached;
  };
}
