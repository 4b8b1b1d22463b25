import type { Fault } from "@confed/config";

/** One CONSOLE line of a conman.conf(5), with what GLOBAL and SERVER lines before it said. */
export interface ConmanConsole {
  readonly name: string;
  readonly dev: string;
  /** `%N` stands for the name; undefined: not logged. */
  readonly log: string | undefined;
  readonly logopts: readonly string[];
  readonly seropts: string;
  readonly ipmiopts: string;
  readonly line: number;
}

/** A conman.conf, and what in it could not be understood. */
export interface ConmanFile {
  readonly consoles: readonly ConmanConsole[];
  /** `key=value` of SERVER lines that say how the daemon runs. */
  readonly server: ReadonlyMap<string, { readonly value: string; readonly line: number }>;
  readonly faults: readonly Fault[];
}

/**
 * Read the text of a conman.conf(5): directives with keys, one or several to a line, quotes of both kinds, `#`
 * comments. A console without a name or a device, and one of a name that was there before, is a fault.
 */
export function readConmanFile(file: string, text: string): ConmanFile {
  const consoles: ConmanConsole[] = [];
  const faults: Fault[] = [];
  const server = new Map<string, { readonly value: string; readonly line: number }>();
  let global: Readonly<Record<string, string>> = {};
  for (const [index, raw] of text.split("\n").entries()) {
    const line = index + 1;
    const fault = (message: string, hint?: string) => {
      faults.push({ file, line, col: raw.search(/\S/) + 1, message, hint });
    };
    const [directive, pairs] = readLine(raw);
    if (directive === undefined) continue;
    if (pairs === undefined)
      fault("this is no line of key=value pairs", 'quote values with blanks: dev="/dev/ttyS0"');
    else if (directive === "SERVER")
      for (const [key, value] of Object.entries(pairs)) server.set(key, { value, line });
    else if (directive === "GLOBAL") global = { ...global, ...pairs };
    else if (directive !== "CONSOLE") fault(`${directive} is no directive`, "SERVER, GLOBAL or CONSOLE");
    else {
      const { name, dev, log = global["log"], ...own } = pairs;
      const logopts = `${global["logopts"] ?? ""},${own["logopts"] ?? ""}`.split(",");
      if (name === undefined || dev === undefined)
        fault(`a console needs a ${name === undefined ? "name" : "dev"}`);
      else if (consoles.some((each) => each.name === name)) fault(`there is a console ${name} above`);
      else {
        consoles.push({
          name,
          dev: dev.replaceAll("%N", () => name),
          log: log === undefined || log === "" ? undefined : inDirectory(log, server.get("logdir")?.value),
          logopts,
          seropts: own["seropts"] ?? global["seropts"] ?? "9600,8n1",
          ipmiopts: own["ipmiopts"] ?? global["ipmiopts"] ?? "",
          line,
        });
      }
    }
  }
  return { consoles, server, faults };
}

/** The directive in capitals and its pairs; nothing for an empty line, no pairs for one that is broken. */
function readLine(
  raw: string,
): readonly [directive?: string | undefined, pairs?: Readonly<Record<string, string>> | undefined] {
  const [, directive, rest = ""] = /^\s*([A-Za-z]+)\b(.*)$/.exec(raw) ?? [];
  if (directive === undefined) return /^\s*(?:#|$)/.test(raw) ? [] : [raw.trim()];
  const pairs: Record<string, string> = {};
  let at = 0;
  for (const match of rest.matchAll(PAIR)) {
    if (match.index !== at) return [directive.toUpperCase()];
    at += match[0].length;
    const [, key, double, single, bare] = match;
    if (key !== undefined) pairs[key.toLowerCase()] = double ?? single ?? bare ?? "";
  }
  return [directive.toUpperCase(), at === rest.length ? pairs : undefined];
}

// A pair, or the comment or blanks that end a line.
const PAIR = /\s*([A-Za-z]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'#]+))|\s*#.*$|\s+$/gy;

function inDirectory(path: string, directory: string | undefined): string {
  return path.startsWith("/") || directory === undefined ? path : `${directory.replace(/\/+$/, "")}/${path}`;
}
