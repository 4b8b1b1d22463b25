import type * as YamlModule from "yaml";
import type { Alias, Document, Node, Pair } from "yaml";
import type { Mark } from "./mark.ts";
import type { ParsedText, TextFault } from "./parsed-text.ts";
import { readYamlSubset } from "./yaml-subset.ts";

/**
 * Parse a YAML 1.2 text: by the fast reader where that suffices, else, and whenever a place is
 * needed, by the full parser (about 1.2 s for 10,000 consoles).
 */
export async function readYaml(text: string): Promise<ParsedText> {
  const plain = readYamlSubset(text);
  if (plain !== undefined) {
    return { value: plain.value, faults: [], marks: async () => (await parseFully(text)).marks };
  }
  const { value, faults, marks } = await parseFully(text);
  return { value, faults, marks: () => Promise.resolve(marks) };
}

type Yaml = typeof YamlModule;

/** Uses of anchors in one file. More than people write, far less than a bomb needs. */
const ALIAS_COUNT_MAX = 100;

const TOO_MANY_ALIASES = `anchors are used more than ${ALIAS_COUNT_MAX} times here, nested uses multiplied`;

interface FullParse {
  readonly value: unknown;
  readonly faults: readonly TextFault[];
  readonly marks: Mark;
}

async function parseFully(text: string): Promise<FullParse> {
  // Imported here so that commands that read no YAML do not pay for the parser.
  const yaml = await import("yaml");
  const nothing: Mark = { at: 0, keyAt: undefined, children: new Map() };
  const broken = (...faults: TextFault[]): FullParse => ({ value: undefined, faults, marks: nothing });
  try {
    // Its own check for double keys is quadratic; ours is part of the marking below.
    const document = yaml.parseDocument(text, { prettyErrors: false, logLevel: "error", uniqueKeys: false });
    const faults = [...document.errors, ...document.warnings].map(describeParseError);
    if (faults.length > 0) return broken(...onePerLine(text, faults));
    return evaluate(yaml, document, broken);
  } catch (reason) {
    if (!(reason instanceof RangeError)) throw reason; // The stack's end.
    return broken({ at: 0, message: "the file is nested too deeply" });
  }
}

function evaluate(
  yaml: Yaml,
  document: Document.Parsed,
  broken: (...faults: TextFault[]) => FullParse,
): FullParse {
  if (document.contents === null) return broken();
  const marking = new Marking(yaml);
  const marks = marking.mark(document.contents, undefined);
  if (marking.faults.length > 0) return broken(...marking.faults);
  try {
    return { value: document.toJS({ maxAliasCount: ALIAS_COUNT_MAX }) as unknown, faults: [], marks };
  } catch (reason) {
    // Aliases of nothing were found while marking: what is left are nested ones, a bomb.
    if (!(reason instanceof ReferenceError)) throw reason;
    return broken({ at: marking.firstAliasAt ?? 0, message: TOO_MANY_ALIASES });
  }
}

/** Walks the document once: places, double keys, aliases of nothing. */
class Marking {
  readonly faults: TextFault[] = [];
  firstAliasAt: number | undefined;
  readonly #yaml: Yaml;
  /** What each anchor means at this point; walked once, however often it is used. */
  readonly #anchors = new Map<string, Mark>();
  #aliasCount = 0;

  constructor(yaml: Yaml) {
    this.#yaml = yaml;
  }

  mark(node: Node, keyAt: number | undefined): Mark {
    const at = node.range?.[0] ?? 0;
    if (this.#yaml.isAlias(node)) return { at, keyAt, children: this.#childrenOfAlias(node, at) };
    const mark: Mark = { at, keyAt, children: new Map() };
    if ("anchor" in node && typeof node.anchor === "string") this.#anchors.set(node.anchor, mark);
    if (this.#yaml.isMap(node)) {
      for (const pair of node.items) this.#markPair(mark, pair);
    } else if (this.#yaml.isSeq(node)) {
      for (const [index, item] of node.items.entries()) {
        if (this.#yaml.isNode(item)) mark.children.set(String(index), this.mark(item, undefined));
      }
    }
    return mark;
  }

  #markPair(parent: Mark, { key, value }: Pair): void {
    const keyAt = this.#yaml.isNode(key) ? (key.range?.[0] ?? parent.at) : parent.at;
    if (!this.#yaml.isScalar(key)) {
      this.faults.push({ at: keyAt, message: "a key must be plain text" });
      return;
    }
    const name = String(key.value);
    if (parent.children.has(name)) {
      this.faults.push({
        at: keyAt,
        message: `${JSON.stringify(name)} is written twice here`,
        hint: "keep one of them",
      });
      return;
    }
    const child = this.#yaml.isNode(value)
      ? this.mark(value, keyAt)
      : { at: keyAt, keyAt, children: new Map<string, Mark>() };
    parent.children.set(name, child);
  }

  #childrenOfAlias(alias: Alias, at: number): Map<string, Mark> {
    this.firstAliasAt ??= at;
    this.#aliasCount += 1;
    if (this.#aliasCount === ALIAS_COUNT_MAX + 1) this.faults.push({ at, message: TOO_MANY_ALIASES });
    const target = this.#anchors.get(alias.source);
    if (target !== undefined) return target.children;
    const hint = "an anchor (&name) must stand above its use";
    this.faults.push({ at, message: `*${alias.source} refers to nothing`, hint });
    return new Map();
  }
}

interface ParseError {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
}

function describeParseError({ code, message, pos: [at] }: ParseError): TextFault {
  switch (code) {
    case "TAB_AS_INDENT":
      return { at, message: "a tab is used as indentation", hint: "YAML is indented by spaces" };
    case "MULTIPLE_DOCS":
      return {
        at,
        message: "a second document begins here",
        hint: "a configuration file holds one; take the --- away",
      };
    default:
      return { at, message: `not YAML: ${message}`, hint: HINTS[code] };
  }
}

const HINTS: Readonly<Record<string, string>> = {
  BAD_INDENT: "keys of one mapping begin in one column",
  MISSING_CHAR: "a quote, a bracket or a comma is missing",
  TAG_RESOLVE_FAILED: "tags (!name) are not used here",
};

/** One mistake makes the parser complain several times; the first of a line is the one to mend. */
function onePerLine(text: string, faults: readonly TextFault[]): readonly TextFault[] {
  const kept = new Map<number, TextFault>();
  for (const fault of [...faults].sort((a, b) => a.at - b.at)) {
    const lineStart = text.lastIndexOf("\n", fault.at - 1);
    if (!kept.has(lineStart)) kept.set(lineStart, fault);
  }
  return [...kept.values()];
}
