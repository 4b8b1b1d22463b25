import type { Mark } from "./mark.ts";
import { resolvePlain } from "./plain-scalar.ts";

/** What stopped a reader: the offset and the sentence. Returned, never seen outside as a throw. */
export class FlowFault extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** What was read, and where it ended. */
export interface FlowValue {
  readonly value: unknown;
  readonly end: number;
}

/** How to read. */
export interface FlowOptions {
  /**
   * `json`: RFC 8259, exactly. `yaml`: the part of YAML's flow style that nobody can read two
   * ways, on one line; what is beyond it is a fault, although YAML may allow it.
   */
  readonly dialect: "json" | "yaml";
  /** Collect the places, too. Twice as slow. */
  readonly marks?: Mark | undefined;
}

/** Deeper than any table of ours by far; keeps the recursion off the end of the stack. */
export const NESTING_MAX = 64;

/**
 * Read the value that begins at `at`. A key that is written twice is a fault: JSON.parse would
 * keep the last one silently.
 */
export function readFlow(text: string, at: number, options: FlowOptions): FlowValue | FlowFault {
  const reader = new FlowReader(text, at, options.dialect);
  try {
    const value = reader.readValue(options.marks, 0);
    return { value, end: reader.at };
  } catch (reason) {
    if (reason instanceof FlowFault) return reason;
    throw reason;
  }
}

const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
const JSON_SPACE = /[ \t\r\n]*/y;
const YAML_SPACE = / */y;
/** A quoted text without quotes or escapes inside. */
const SINGLE_QUOTED = /'[^'\u0000-\u001f]*'/y;
/** Begins with nothing that YAML gives a meaning, and has colons and spaces only inside words. */
const PLAIN_IN_FLOW =
  /(?:[A-Za-z0-9_/.]|-(?=[A-Za-z-]))[A-Za-z0-9_/.@+%=&-]*(?:(?::| )[A-Za-z0-9_/.][A-Za-z0-9_/.@+%=&-]*)*/y;
const KEY = /[A-Za-z_][A-Za-z0-9_-]{0,127}/y;
/** YAML allows a key on one line no more than this. */
const KEY_LENGTH_MAX = 1_000;

class FlowReader {
  at: number;
  readonly #text: string;
  readonly #yaml: boolean;
  readonly #space: RegExp;

  constructor(text: string, at: number, dialect: "json" | "yaml") {
    this.#text = text;
    this.at = at;
    this.#yaml = dialect === "yaml";
    this.#space = this.#yaml ? YAML_SPACE : JSON_SPACE;
  }

  readValue(mark: Mark | undefined, depth: number): unknown {
    const next = this.#text[this.at];
    if (next === "{" || next === "[") {
      if (depth === NESTING_MAX)
        throw new FlowFault(this.at, `this is nested deeper than ${NESTING_MAX} levels`);
      this.at += 1;
      return next === "{" ? this.#readMapping(mark, depth + 1) : this.#readList(mark, depth + 1);
    }
    if (next === '"') return this.#readString();
    if (this.#yaml) return this.#readPlain();
    const word = this.#take(WORD);
    if (word !== undefined) return word === "null" ? null : word === "true";
    const number = this.#take(NUMBER);
    if (number !== undefined) return Number(number);
    throw this.#unexpected("a value");
  }

  #readMapping(mark: Mark | undefined, depth: number): object {
    const mapping: Record<string, unknown> = {};
    this.#take(this.#space);
    if (this.#takeOne("}")) return mapping;
    for (;;) {
      const keyAt = this.at;
      const key = this.#readKey();
      if (Object.hasOwn(mapping, key))
        throw new FlowFault(keyAt, `${JSON.stringify(key)} is written twice here`);
      this.#take(this.#space);
      const child = addMark(mark, key, this.at, keyAt);
      const value = this.readValue(child, depth);
      if (key === "__proto__") defineKey(mapping, key, value);
      else mapping[key] = value;
      this.#take(this.#space);
      if (this.#takeOne("}")) return mapping;
      if (!this.#takeOne(",")) throw this.#unexpected('"," or "}"');
      this.#take(this.#space);
    }
  }

  #readList(mark: Mark | undefined, depth: number): unknown[] {
    const list: unknown[] = [];
    this.#take(this.#space);
    if (this.#takeOne("]")) return list;
    for (;;) {
      const child = addMark(mark, String(list.length), this.at, undefined);
      list.push(this.readValue(child, depth));
      this.#take(this.#space);
      if (this.#takeOne("]")) return list;
      if (!this.#takeOne(",")) throw this.#unexpected('"," or "]"');
      this.#take(this.#space);
    }
  }

  /** The key and its colon. */
  #readKey(): string {
    if (this.#yaml && this.#text[this.at] !== '"') {
      const key = this.#take(KEY);
      if (key === undefined || typeof resolvePlain(key) !== "string") throw this.#unexpected("a key");
      if (!this.#text.startsWith(": ", this.at)) throw this.#unexpected('": "');
      this.at += 1;
      return key;
    }
    if (this.#text[this.at] !== '"') throw this.#unexpected("a key in double quotes");
    const key = this.#readString();
    if (!this.#yaml) this.#take(this.#space);
    else if (key.length > KEY_LENGTH_MAX) throw this.#unexpected("a shorter key");
    if (!this.#takeOne(":")) throw this.#unexpected('":"');
    return key;
  }

  #readString(): string {
    const token = this.#take(STRING);
    if (token === undefined) throw this.#badString();
    return token.includes("\\") ? (JSON.parse(token) as string) : token.slice(1, -1);
  }

  #readPlain(): unknown {
    const quoted = this.#take(SINGLE_QUOTED);
    if (quoted !== undefined) return quoted.slice(1, -1);
    const plain = this.#take(PLAIN_IN_FLOW);
    const value = plain === undefined ? undefined : resolvePlain(plain);
    if (value === undefined) throw this.#unexpected("a plain value");
    return value;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  #takeOne(character: string): boolean {
    if (this.#text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  #unexpected(wanted: string): FlowFault {
    const found = this.#text[this.at];
    return new FlowFault(
      this.at,
      found === undefined
        ? `the text ends where ${wanted} is needed`
        : `${wanted} is needed here, not ${JSON.stringify(found)}`,
    );
  }

  #badString(): FlowFault {
    const UP_TO_FAULT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
    UP_TO_FAULT.lastIndex = this.at;
    const end = this.at + (UP_TO_FAULT.exec(this.#text)?.[0].length ?? 0);
    const found = this.#text[end];
    if (found === undefined || found === "\n")
      return new FlowFault(this.at, "this text has no closing quote");
    if (found === "\\") return new FlowFault(end, "this is not an escape that JSON knows");
    return new FlowFault(end, "a control character must be written as an escape");
  }
}

function addMark(
  parent: Mark | undefined,
  key: string,
  at: number,
  keyAt: number | undefined,
): Mark | undefined {
  if (parent === undefined) return undefined;
  const child: Mark = { at, keyAt, children: new Map() };
  parent.children.set(key, child);
  return child;
}

/** As a property of its own; assigning `__proto__` would set the prototype instead. */
function defineKey(mapping: object, key: string, value: unknown): void {
  Object.defineProperty(mapping, key, { value, enumerable: true, configurable: true, writable: true });
}
