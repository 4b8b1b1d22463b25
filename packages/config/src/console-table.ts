import { ConfedError, foldName, neutralise } from "@confed/kernel";
import { CONSOLE_KEYS, consoleEntry, RETRY } from "./console-schema.ts";
import type { ConsoleSpec } from "./console-spec.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { FaultCollector, Place } from "./fault-collector.ts";
import { LogPaths } from "./log-paths.ts";
import type { ValuePath } from "./mark.ts";
import { type ContentFault, describeIssue } from "./schema-faults.ts";
import type { SourceDocument } from "./source-document.ts";

/** Gathers the consoles of all files, in the order of reading, and sees that no name comes twice. */
export class ConsoleTable {
  readonly consoles: ConsoleSpec[] = [];
  readonly #faults: FaultCollector;
  readonly #byFoldedName = new Map<string, { readonly name: string; readonly place: Place }>();
  /** Of those with a log path of their own. */
  readonly #logPlaces = new Map<string, Place>();
  readonly #onTaken: ((spec: ConsoleSpec, entry: unknown) => void) | undefined;

  /** `onTaken`: told of each console, with its entry as it is written. */
  constructor(faults: FaultCollector, onTaken?: (spec: ConsoleSpec, entry: unknown) => void) {
    this.#faults = faults;
    this.#onTaken = onTaken;
  }

  /** Take the entries that stand at `path` of a document. */
  addAll(document: SourceDocument, entries: readonly unknown[], path: ValuePath): void {
    for (const [index, entry] of entries.entries()) this.#add(document, entry, [...path, index]);
  }

  /** Two that would be logged in one file are a fault of the later one, or of the one that says the path. Returns what they have. */
  claimLogs(template: string): LogPaths {
    const paths = new LogPaths(template);
    for (const spec of this.consoles) {
      const other = paths.claim(spec);
      const own = this.#logPlaces.get(spec.name);
      const place = own ?? this.#logPlaces.get(other ?? "");
      if (other === undefined || place === undefined) continue;
      const [name, taken] = own === undefined ? [other, spec.name] : [spec.name, other];
      this.#faults.add({ ...place, ...sharedLog(taken), subject: `console ${name}` });
    }
    return paths;
  }

  #add(document: SourceDocument, entry: unknown, path: ValuePath): void {
    const name = nameIn(entry);
    if (name !== undefined) this.#claimName(name, { document, path: [...path, "name"] });
    const read = readEntry(entry);
    if (read.spec !== undefined) {
      this.consoles.push(read.spec);
      if (read.spec.log !== undefined)
        this.#logPlaces.set(read.spec.name, { document, path: [...path, "log", "path"] });
      this.#onTaken?.(read.spec, entry);
      return;
    }
    const subject = name === undefined ? undefined : `console ${name.slice(0, 140)}`;
    for (const fault of read.faults)
      this.#faults.add({ ...fault, document, path: [...path, ...fault.path], subject });
  }

  #claimName(name: string, place: Place): void {
    const folded = foldName(name);
    const first = this.#byFoldedName.get(folded);
    if (first === undefined) {
      this.#byFoldedName.set(folded, { name, place });
      return;
    }
    const subject = `console ${name.slice(0, 140)}`;
    const message =
      first.name === name
        ? "this name is taken by the console at"
        : `this name differs only in case from ${first.name} at`;
    const hint =
      first.name === name ? "take one of them away" : "log files and people would confuse them: rename one";
    this.#faults.add({ ...place, message, hint, subject, other: first.place });
  }
}

/** What is wrong with a console that would be logged where another one is. */
export function sharedLog(other: string): { readonly message: string; readonly hint: string } {
  return {
    message: `its log file is that of console ${other}`,
    hint: "give each console a file of its own: & stands for its name",
  };
}

/** One entry of a console table that stands in no file. Throws "invalid_argument" with what is wrong first. */
export function parseConsole(entry: unknown): ConsoleSpec {
  const read = readEntry(entry);
  if (read.spec !== undefined) return read.spec;
  const [first] = read.faults;
  throw new ConfedError("invalid_argument", neutralise(first?.message ?? "this is no console", 300), {
    subject: nameIn(entry)?.slice(0, 140),
    hint: first?.hint,
  });
}

type ReadEntry =
  | { readonly spec: ConsoleSpec }
  | { readonly spec?: undefined; readonly faults: readonly ContentFault[] };

function readEntry(entry: unknown): ReadEntry {
  const parsed = consoleEntry.safeParse(entry);
  if (parsed.success) return { spec: deepFreeze(toSpec(parsed.data)) };
  const transport = transportIn(entry);
  const context = {
    input: entry,
    keysAt: (at: ValuePath) =>
      NESTED_KEYS[String(at[0] ?? "")] ?? (at.length === 0 ? CONSOLE_KEYS[transport] : undefined) ?? [],
    homeOf: transportsWith,
  };
  return { faults: parsed.error.issues.flatMap((issue) => describeIssue(issue, context)) };
}

/** The keys of the mappings inside an entry. */
const NESTED_KEYS: Readonly<Record<string, readonly string[]>> = {
  retry: ["first", "max"],
  idleInput: ["after", "send"],
  log: ["path"],
  initCommand: ["argv", "env", "user", "group", "cwd"],
  comPort: ["baud", "dataBits", "parity", "stopBits"],
  password: ["file", "env"],
  passphrase: ["file", "env"],
  key: ["file"],
};

function nameIn(entry: unknown): string | undefined {
  const { name } = (entry ?? {}) as { readonly name?: unknown };
  return typeof name === "string" ? name : undefined;
}

function transportIn(entry: unknown): string {
  return String(((entry ?? {}) as { readonly transport?: unknown }).transport);
}

function transportsWith(key: string): string | undefined {
  const transports = Object.keys(CONSOLE_KEYS).filter((transport) => CONSOLE_KEYS[transport]?.includes(key));
  return transports.length === 0 ? undefined : `a key of ${transports.join(" and ")} consoles`;
}

/** Nothing is spread: V8 gives each of thousands of objects that are made so a shape of its own, 300 bytes. */
function toSpec(entry: ReturnType<typeof consoleEntry.parse>): ConsoleSpec {
  const { connectTimeout: connectTimeoutMs, bringUpAfter: bringUpAfterMs, ...spec } = entry;
  if (spec.groups.length === 0) spec.groups = NO_GROUPS;
  if (Object.keys(spec.labels).length === 0) spec.labels = NO_LABELS;
  if (spec.retry.firstMs === RETRY.firstMs && spec.retry.maxMs === RETRY.maxMs) spec.retry = RETRY;
  if (connectTimeoutMs !== undefined) Object.assign(spec, { connectTimeoutMs });
  if (bringUpAfterMs !== undefined) Object.assign(spec, { bringUpAfterMs });
  if (spec.transport !== "ssh") return spec;
  const { keepalive: keepaliveMs, ...ssh } = spec;
  return keepaliveMs === undefined ? ssh : Object.assign(ssh, { keepaliveMs });
}

// The schema makes new ones for each of ten thousand consoles; most could share.
const NO_GROUPS: string[] = [];
const NO_LABELS: Record<string, string> = {};
