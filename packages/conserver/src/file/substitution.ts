/** One replacement of a `...subst` key: every `char` of the text becomes what `token` stands for. */
export interface Substitution {
  readonly char: string;
  readonly token: Token;
  /** At least so many characters, filled in front with blanks, or zeros if `zeros`. */
  readonly width: number;
  readonly zeros: boolean;
  readonly form: "s" | "d" | "x" | "X" | "a" | "A";
}

/** What a token stands for. `h`, `p` and `P` of a console without host or port are undefined. */
export type SubstitutionValues = Readonly<Record<Token, string | number | undefined>>;

/** Console, host, replstring, baud; port as written, port as it comes out. */
type Token = "c" | "h" | "r" | "b" | "p" | "P";

/** `c=t[n]f` of conserver.cf(5), the printable comma excepted; strings are `s`, numbers anything else. */
const SUBSTITUTION = /^([!-+\--~])=(?:([chrb])(\d{0,4})(s)|([pP])(\d{0,4})([dxXaA]))$/;

/** The replacements of a value, or what is wrong with it. */
export function parseSubstitutions(value: string): readonly Substitution[] | string {
  const known = new Map<string, Substitution>();
  for (const item of value === "" ? [] : value.split(",")) {
    const [, char, text, textWidth, s, number, numberWidth, form] = SUBSTITUTION.exec(item) ?? [];
    const token = text ?? number;
    if (char === undefined || token === undefined) return `has "${item}", which is no substitution`;
    if (known.has(char)) return `has two substitutions for "${char}"`;
    const width = textWidth ?? numberWidth ?? "";
    known.set(char, {
      char,
      token: token as Token,
      width: Number(width),
      zeros: number !== undefined && width.startsWith("0"),
      form: (s ?? form) as Substitution["form"],
    });
  }
  return [...known.values()];
}

/** `text` with every replacement made, each character looked at once. */
export function substitute(
  text: string,
  substitutions: readonly Substitution[],
  values: SubstitutionValues,
): string {
  if (substitutions.length === 0) return text;
  const replaced = new Map(substitutions.map((each) => [each.char, format(each, values[each.token] ?? "")]));
  return Array.from(text, (char) => replaced.get(char) ?? char).join("");
}

function format({ form, width, zeros }: Substitution, value: string | number): string {
  const text = typeof value === "string" ? value : value.toString(BASES[form]);
  const cased = form === "X" || form === "A" ? text.toUpperCase() : text;
  return cased.padStart(width, zeros ? "0" : " ");
}

const BASES = { s: 10, d: 10, x: 16, X: 16, a: 36, A: 36 } as const;
