import { ConfedError } from "@confed/kernel";

export type EditKind = "add" | "edit" | "rm";

/** What somebody wants of a table. */
export interface TableEdit {
  readonly kind: EditKind;
  readonly name: string;
  /** `key=value` each. */
  readonly words: readonly string[];
}

type Entry = Record<string, unknown>;

/**
 * A JSON Lines table after an edit; all other lines stay as they are, byte for byte. Throws
 * "conflict" for a name that is there already, "not_found" for one that is not, "invalid_argument"
 * for a word that is no `key=value`. Whether the values make a console is for the loader to say.
 */
export function editTable(text: string, { kind, name, words }: TableEdit): string {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => nameIn(line) === name);
  if (kind === "add") {
    if (at !== -1) {
      throw new ConfedError("conflict", `there is a console ${name} in this table already`, {
        subject: name,
        where: `line ${at + 1}`,
        hint: `confed console edit ${name} ...`,
      });
    }
    const entry = withWords({ name }, words);
    const before = text === "" || text.endsWith("\n") ? text : `${text}\n`;
    return `${before}${JSON.stringify(entry)}\n`;
  }
  const line = lines[at];
  if (line === undefined) {
    throw new ConfedError("not_found", `there is no console ${name} in this table`, { subject: name });
  }
  if (kind === "rm") lines.splice(at, 1);
  else lines[at] = JSON.stringify(withWords(JSON.parse(line) as Entry, words));
  return lines.join("\n");
}

function nameIn(line: string): string | undefined {
  try {
    const { name } = (JSON.parse(line) ?? {}) as { readonly name?: unknown };
    return typeof name === "string" ? name : undefined;
  } catch {
    return undefined; // Empty, or broken: the loader says so.
  }
}

/** An entry with what `key=value` words say of it. Throws "invalid_argument" for a word that is none. */
export function withWords(entry: Entry, words: readonly string[]): Entry {
  const changed = structuredClone(entry);
  for (const word of words) {
    const equals = word.indexOf("=");
    const path = word.slice(0, Math.max(0, equals)).split(".");
    if (path.some((key) => key === "" || key === "__proto__")) {
      throw new ConfedError("invalid_argument", `${JSON.stringify(word)} is no key=value`, {
        hint: "like port=2001 or labels.rack=r1",
      });
    }
    if (path[0] === "name") {
      throw new ConfedError("invalid_argument", "the name is not changed in this way", {
        hint: "rm and add: another name is another log",
      });
    }
    set(changed, path, valueOf(path, word.slice(equals + 1)));
  }
  return changed;
}

function set(entry: Entry, path: readonly string[], value: unknown): void {
  const [key = "", ...rest] = path;
  if (rest.length === 0) {
    if (value === undefined) delete entry[key];
    else entry[key] = value;
    return;
  }
  const inner = entry[key];
  const mapping = typeof inner === "object" && inner !== null && !Array.isArray(inner) ? inner : {};
  set(mapping as Entry, rest, value);
  if (Object.keys(mapping).length === 0) delete entry[key];
  else entry[key] = mapping;
}

/** Mappings of text to text: a rack called 12 is not a number. */
const TEXT_MAPPINGS = new Set(["labels", "env"]);
const TEXT_KEYS = new Set(["description", "command", "user"]);

/** Undefined: taken away. */
function valueOf([key = "", ...rest]: readonly string[], text: string): unknown {
  if (text === "") return undefined;
  if (TEXT_KEYS.has(key) || (TEXT_MAPPINGS.has(key) && rest.length > 0)) return text;
  if (!/^(?:true$|false$|-?\d|\[|\{|")/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // 10.1.0.1 and 30s begin with digits, too.
  }
}
