import { expandRanges } from "../selection-range.ts";
import { noderangeFault } from "./parse-noderange.ts";

/**
 * The words that a word of numbers stands for, or undefined if it is none of xCAT's forms:
 *
 *     n[01-03,7]   brackets, zeros kept        4        node4
 *     n01-n03      n01:n03   both ends named   1-3      node1 node2 node3
 *     n10+2        n10 and the two after it    1+2      node1 node2 node3
 *
 * Of names with hyphens the one in the middle parts them: `gpu-01-a-gpu-03-a`. Zeros are as the first end has them.
 * What xCAT answers with nonsense is an error: ends in the wrong order, and ends that differ in more than a number.
 */
export function expandWord(word: string, column: number, countMax: number): readonly string[] | undefined {
  if (/^\d+$/.test(word)) return [`node${word}`];
  if (word.includes("[") || word.includes("]")) {
    return expandRanges(word, countMax, (offset, problem) => {
      throw noderangeFault(column + offset, problem, 'a range is numbers: "n[01-20,25]"');
    });
  }
  const [, start, more] = /^([^+]+)\+(\d{1,15})$/.exec(word) ?? [];
  if (start !== undefined && more !== undefined) {
    const [, head = "", digits, tail = ""] = /^(.*?)(\d{1,15})(\D*)$/.exec(named(start)) ?? [];
    if (digits === undefined) throw noderangeFault(column, `${start} has no number to count from`);
    return count({ head, first: digits, last: Number(digits) + Number(more), tail }, { column, countMax });
  }
  const [from, to] = ends(word);
  return from === undefined || to === undefined
    ? undefined
    : between(named(from), named(to), { column, countMax });
}

interface Bounds {
  readonly column: number;
  readonly countMax: number;
}

/** A bare number is a node of that number. */
function named(word: string): string {
  return /^\d+$/.test(word) ? `node${word}` : word;
}

function ends(word: string): readonly [from?: string, to?: string] {
  const colon = word.split(":");
  if (colon.length === 2) return [colon[0], colon[1]] as [string, string];
  const parts = word.split("-");
  // An even number of parts has a hyphen in the middle.
  if (parts.length % 2 !== 0) return [];
  const middle = parts.length / 2;
  return [parts.slice(0, middle).join("-"), parts.slice(middle).join("-")];
}

/** Undefined: the ends have nothing to do with each other, so the word was not meant as a range. */
function between(from: string, to: string, bounds: Bounds): readonly string[] | undefined {
  const fromParts = from.split(/(\d+)/);
  const toParts = to.split(/(\d+)/);
  const same =
    fromParts.length === toParts.length &&
    fromParts.every((part, at) => at % 2 === 1 || part === toParts[at]);
  if (!same || fromParts.length === 1) return undefined;
  const differing = fromParts.flatMap((part, at) =>
    Number(part) === Number(toParts[at]) || at % 2 === 0 ? [] : [at],
  );
  if (differing.length > 1) {
    throw noderangeFault(
      bounds.column,
      `${from} and ${to} differ in more than one number`,
      "write f[1-2]n[1-3]",
    );
  }
  const at = differing[0] ?? fromParts.length - 2;
  const first = fromParts[at] ?? "";
  const last = Number(toParts[at]);
  if (last < Number(first)) throw noderangeFault(bounds.column, `the range ${from}-${to} runs backwards`);
  const head = fromParts.slice(0, at).join("");
  return count({ head, first, last, tail: fromParts.slice(at + 1).join("") }, bounds);
}

interface Counted {
  readonly head: string;
  /** As it is written: its zeros are kept. */
  readonly first: string;
  readonly last: number;
  readonly tail: string;
}

function count({ head, first, last, tail }: Counted, { column, countMax }: Bounds): readonly string[] {
  const length = last - Number(first) + 1;
  if (length > countMax || !Number.isSafeInteger(last))
    throw noderangeFault(column, `the range stands for more than ${countMax} names`);
  return Array.from({ length }, (_, index) => {
    return head + String(Number(first) + index).padStart(first.length, "0") + tail;
  });
}
