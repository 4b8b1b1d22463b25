import { FlowFault, NESTING_MAX, readFlow } from "./flow-reader.ts";
import { resolvePlain } from "./plain-scalar.ts";

/**
 * Read the plain part of YAML in which tables are generated, thirty times faster than the full
 * parser (10,000 consoles in about 50 ms instead of 1.2 s). Undefined for everything else, wrong
 * or merely rare: then the full parser decides, and it alone names faults. What this function
 * does accept means exactly what the full parser makes of it; a test holds the two together.
 *
 * Accepted: block mappings and lists indented by spaces, values on one line (plain, quoted, or
 * in flow style), comments, one `---` at the top.
 */
export function readYamlSubset(text: string): { readonly value: unknown } | undefined {
  if (/[\t\r]/.test(text)) return undefined;
  const lines = splitLines(text);
  if (lines === undefined || lines.length === 0) return undefined;
  const reader = new BlockReader(text, lines);
  try {
    const value = reader.readBlock(0);
    return reader.finished ? { value } : undefined;
  } catch (reason) {
    if (reason === DECLINED) return undefined;
    throw reason;
  }
}

/** Thrown inside this file to leave the recursion. */
const DECLINED = new FlowFault(0, "not in the plain part of YAML");

interface Line {
  indent: number;
  /** Offset of the first character that is not a space. */
  at: number;
  /** Offset of the end, the line feed excluded. */
  readonly end: number;
}

/** The lines with content. */
function splitLines(text: string): Line[] | undefined {
  const lines: Line[] = [];
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf("\n", start);
    const end = feed === -1 ? text.length : feed;
    let at = start;
    while (text.charCodeAt(at) === 0x20 && at < end) at += 1;
    const first = text[at];
    if (at < end && first !== "#") {
      if (at === start && (text.startsWith("---", at) || text.startsWith("...", at) || first === "%")) {
        if (lines.length > 0 || text.slice(at, end) !== "---") return undefined;
      } else {
        lines.push({ indent: at - start, at, end });
      }
    }
    start = end + 1;
  }
  return lines;
}

// Lines end at a line feed only: `$` with the flag m would also stop at U+2028.
const KEY = /([A-Za-z_][A-Za-z0-9_-]{0,127}):(?: +(?=\S)| *(?=\n|$))/y;
const LIST_ITEM = /- +(?=\S)/y;
/** As in flow style, and with the commas and brackets that mean nothing outside of it. */
const PLAIN =
  /(?:[A-Za-z0-9_/.]|-(?=[A-Za-z-]))[A-Za-z0-9_/.@+%=&,{}[\]*?!()-]*(?:(?::| )[A-Za-z0-9_/.([{][A-Za-z0-9_/.@+%=&,{}[\]*?!()-]*)*/y;
const QUOTED = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|'[^'\u0000-\u001f]*'/y;
const REST = /(?: +(?:#[^\n]*)?)?(?=\n|$)/y;

class BlockReader {
  readonly #text: string;
  readonly #lines: readonly Line[];
  #next = 0;

  constructor(text: string, lines: readonly Line[]) {
    this.#text = text;
    this.#lines = lines;
  }

  get finished(): boolean {
    return this.#next === this.#lines.length;
  }

  /** The mapping, list or flow value that begins at the next line. */
  readBlock(depth: number): unknown {
    const line = this.#lines[this.#next];
    if (line === undefined || depth > NESTING_MAX) throw DECLINED;
    if (this.#at(LIST_ITEM, line.at) !== undefined) return this.#readList(line.indent, depth);
    if (this.#at(KEY, line.at) !== undefined) return this.#readMapping(line.indent, depth);
    if (depth > 0) throw DECLINED;
    return this.#readInline(line.at, line);
  }

  #readMapping(indent: number, depth: number): object {
    const mapping: Record<string, unknown> = {};
    for (let line = this.#lines[this.#next]; line?.indent === indent; line = this.#lines[this.#next]) {
      const key = this.#at(KEY, line.at);
      const name = key?.[1];
      if (key === undefined || name === undefined || Object.hasOwn(mapping, name)) throw DECLINED;
      if (name === "__proto__" || typeof resolvePlain(name) !== "string") throw DECLINED;
      const valueAt = line.at + key[0].length;
      const bare = valueAt >= line.end || this.#text[valueAt] === "#";
      if (bare) {
        this.#next += 1;
        mapping[name] = this.#readBelow(indent, depth);
      } else {
        mapping[name] = this.#readInline(valueAt, line);
      }
    }
    return mapping;
  }

  /** What belongs to a key with nothing behind its colon. */
  #readBelow(indent: number, depth: number): unknown {
    const line = this.#lines[this.#next];
    if (line === undefined || line.indent < indent) return null;
    if (line.indent > indent) return this.readBlock(depth + 1);
    // A list may stand as far left as its key.
    return this.#at(LIST_ITEM, line.at) === undefined ? null : this.#readList(indent, depth + 1);
  }

  #readList(indent: number, depth: number): unknown[] {
    const list: unknown[] = [];
    for (let line = this.#lines[this.#next]; line?.indent === indent; line = this.#lines[this.#next]) {
      const dash = this.#at(LIST_ITEM, line.at);
      if (dash === undefined) break;
      const contentAt = line.at + dash[0].length;
      if (this.#at(KEY, contentAt) !== undefined) {
        // `- name: x`: the rest of the line is the first line of a mapping that stands there.
        line.indent += dash[0].length;
        line.at = contentAt;
        list.push(this.#readMapping(line.indent, depth + 1));
      } else {
        list.push(this.#readInline(contentAt, line));
      }
    }
    return list;
  }

  /** A value on one line, which is then done; the next line must not continue it. */
  #readInline(at: number, line: Line): unknown {
    this.#next += 1;
    const following = this.#lines[this.#next];
    if (following !== undefined && following.indent > line.indent) throw DECLINED;
    const first = this.#text[at];
    let value: unknown;
    let end: number;
    if (first === "{" || first === "[") {
      const flow = readFlow(this.#text, at, { dialect: "yaml" });
      if (flow instanceof FlowFault) throw DECLINED;
      ({ value, end } = flow);
    } else {
      const token = this.#at(first === '"' || first === "'" ? QUOTED : PLAIN, at)?.[0];
      if (token === undefined) throw DECLINED;
      end = at + token.length;
      if (first === '"') value = JSON.parse(token);
      else value = first === "'" ? token.slice(1, -1) : resolvePlain(token);
    }
    if (value === undefined || end > line.end || this.#at(REST, end) === undefined) throw DECLINED;
    return value;
  }

  #at(pattern: RegExp, at: number): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.#text) ?? undefined;
  }
}
