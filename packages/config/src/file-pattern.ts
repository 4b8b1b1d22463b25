import { ConfedError } from "@confed/kernel";
import type { ConfigFiles } from "./config-files.ts";

/** True if `pattern` can name more than one file: it has `*`, `?` or `{a,b}`. */
export function isFilePattern(pattern: string): boolean {
  return /[*?{]/.test(pattern);
}

/**
 * The files that an absolute pattern names, sorted, each once. `*` and `?` match within one name
 * and never a leading dot; `{a,b}` stands for both. A directory that does not exist holds nothing;
 * one that may not be read rejects.
 */
export async function expandFilePattern(pattern: string, files: ConfigFiles): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const alternative of expandBraces(pattern)) {
    for (const path of await matchSegments(alternative, files)) found.add(path);
  }
  return [...found].sort();
}

/** Nobody writes more by hand, and `{a,b}` twenty times would be a million. */
const ALTERNATIVES_MAX = 1_000;

const INNERMOST_BRACES = /\{([^{}]*)\}/;

function expandBraces(pattern: string): readonly string[] {
  const waiting = [pattern];
  const done: string[] = [];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const braces = INNERMOST_BRACES.exec(next);
    if (braces === null) {
      done.push(next);
    } else {
      const [whole, inside = ""] = braces;
      for (const choice of inside.split(",")) {
        waiting.push(next.slice(0, braces.index) + choice + next.slice(braces.index + whole.length));
      }
    }
    if (waiting.length + done.length > ALTERNATIVES_MAX) {
      throw new ConfedError("invalid_argument", `the pattern stands for more than ${ALTERNATIVES_MAX} names`);
    }
  }
  return done;
}

async function matchSegments(pattern: string, files: ConfigFiles): Promise<readonly string[]> {
  let prefixes = [""];
  for (const segment of pattern.split("/").slice(1)) {
    if (!/[*?]/.test(segment)) {
      prefixes = prefixes.map((prefix) => `${prefix}/${segment}`);
      continue;
    }
    const matched: string[] = [];
    for (const prefix of prefixes) {
      for (const name of await namesIn(prefix === "" ? "/" : prefix, files)) {
        if (matchesName(segment, name)) matched.push(`${prefix}/${name}`);
      }
    }
    prefixes = matched;
  }
  // What ends in a literal segment has not been seen in a directory yet.
  const last = pattern.slice(pattern.lastIndexOf("/") + 1);
  if (/[*?]/.test(last)) return prefixes;
  const present: string[] = [];
  for (const path of prefixes) {
    const directory = path.slice(0, path.lastIndexOf("/"));
    if ((await namesIn(directory === "" ? "/" : directory, files)).includes(last)) present.push(path);
  }
  return present;
}

async function namesIn(directory: string, files: ConfigFiles): Promise<readonly string[]> {
  try {
    return await files.list(directory);
  } catch (reason) {
    const code = (reason as { readonly code?: unknown }).code;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw reason;
  }
}

/** Linear in the name for each star: no regular expression, so no pattern can make it slow. */
function matchesName(pattern: string, name: string): boolean {
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  let at = 0;
  let from = 0;
  let starAt = -1;
  let starFrom = 0;
  while (from < name.length) {
    if (pattern[at] === "*") {
      starAt = at;
      starFrom = from;
      at += 1;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === name[from])) {
      at += 1;
      from += 1;
    } else if (starAt !== -1) {
      at = starAt + 1;
      starFrom += 1;
      from = starFrom;
    } else {
      return false;
    }
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}
