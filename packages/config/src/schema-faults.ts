import type { z } from "zod";
import type { ValuePath } from "./mark.ts";
import { nearestWord } from "./nearest-word.ts";
import type { FaultParams } from "./scalar-schema.ts";

/** A fault of the content, its place still a path. */
export interface ContentFault {
  readonly path: ValuePath;
  readonly part: "key" | "value";
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What the words in hints are taken from. */
export interface FaultContext {
  /** What was checked, as it stands in the file. */
  readonly input: unknown;
  /** The keys that are known in the mapping at `path`, for "did you mean". */
  keysAt(path: ValuePath): readonly string[];
  /** Where else an unknown key belongs, as a sentence. */
  homeOf?(key: string): string | undefined;
}

/** Turn what zod found into sentences for people. One issue may be several faults. */
export function describeIssue(issue: z.core.$ZodIssue, context: FaultContext): readonly ContentFault[] {
  const { path } = issue;
  const value = valueAt(context.input, path);
  const about = (message: string, hint?: string): readonly ContentFault[] => [
    { path, part: "value", message, hint },
  ];
  const key = nameOf(path);
  const not = `, not ${describe(value, path)}`;
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((unknown) => ({
        path: [...path, unknown],
        part: "key" as const,
        message: `unknown key ${JSON.stringify(unknown)}${path.length > 0 ? ` in ${key}` : ""}`,
        hint: hintForKey(unknown, path, context),
      }));
    case "invalid_key": {
      const [inner] = issue.issues;
      const rule = inner === undefined ? "is not allowed" : inner.message;
      return [
        {
          path,
          part: "key",
          message: `the key ${JSON.stringify(path.at(-1))} ${rule}`,
          hint: inner === undefined ? undefined : paramsOf(inner).hint,
        },
      ];
    }
    case "invalid_union":
      if (value === undefined) return about(`${key} is missing`, `one of ${choicesOf(issue).join(", ")}`);
      return about(
        `${key} must be one of ${choicesOf(issue).join(", ")}${not}`,
        didYouMean(value, choicesOf(issue)),
      );
    case "invalid_value":
      if (value === undefined) return about(`${key} is missing`);
      return about(
        `${key} must be one of ${issue.values.join(", ")}${not}`,
        didYouMean(value, issue.values.map(String)),
      );
    case "invalid_type":
      if (value === undefined) return about(`${key} is missing`);
      return about(
        `${key} must be ${TYPE_WORDS[issue.expected] ?? issue.expected}${not}`,
        quoteHint(issue.expected, value),
      );
    case "custom": {
      const { hint, whole } = paramsOf(issue);
      if (whole === true) return about(path.length > 0 ? `${key}: ${issue.message}` : issue.message, hint);
      return about(`${key} ${issue.message}${issue.message.startsWith("must be ") ? not : ""}`, hint);
    }
    default:
      return about(`${key}: ${issue.message}`);
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

/** Words of other programs for what has another name here. */
const FOREIGN_WORDS: Readonly<Record<string, string>> = {
  type: "transport",
  driver: "transport",
  protocol: "transport",
  address: "host",
  hostname: "host",
  ip: "host",
  server: "host",
  command: "argv",
  cmd: "argv",
  exec: "argv",
  socket: "path",
  tty: "device",
  speed: "baud",
  username: "user",
  login: "user",
  identity: "key",
  logfile: "path",
  timeout: "connectTimeout",
};

function hintForKey(unknown: string, path: ValuePath, context: FaultContext): string | undefined {
  const known = context.keysAt(path);
  const foreign = FOREIGN_WORDS[unknown.toLowerCase()];
  const near =
    nearestWord(unknown, known) ?? (foreign !== undefined && known.includes(foreign) ? foreign : undefined);
  if (near !== undefined) return `did you mean ${JSON.stringify(near)}?`;
  return context.homeOf?.(unknown) ?? (known.length > 0 ? `known here: ${known.join(", ")}` : undefined);
}

function didYouMean(value: unknown, choices: readonly string[]): string | undefined {
  const near = typeof value === "string" ? nearestWord(value, choices) : undefined;
  return near === undefined ? undefined : `did you mean ${JSON.stringify(near)}?`;
}

function choicesOf(issue: z.core.$ZodIssue): readonly string[] {
  const { options } = issue as { readonly options?: readonly unknown[] };
  return (options ?? []).map(String);
}

function paramsOf(issue: z.core.$ZodIssue): FaultParams {
  return (issue as { readonly params?: FaultParams }).params ?? {};
}

/** YAML makes a number of 007 and a truth value of true; names and labels are text. */
function quoteHint(expected: string, value: unknown): string | undefined {
  const isScalar = typeof value === "number" || typeof value === "boolean";
  return expected === "string" && isScalar ? "put it in quotes" : undefined;
}

/** `labels.rack`, `argv[2]`, `agent.listen`. */
function nameOf(path: ValuePath): string {
  if (path.length === 0) return "this";
  return path
    .map((step, at) => (typeof step === "number" ? `[${step}]` : `${at === 0 ? "" : "."}${String(step)}`))
    .join("");
}

/** Names the value, cut; only its kind where it may be a secret that somebody put in the wrong place. */
function describe(value: unknown, path: ValuePath): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (isSecret(path)) return typeof value === "string" ? "this text" : `a ${typeof value}`;
  if (typeof value === "string") {
    return value.length > SHOWN_LENGTH_MAX
      ? `${JSON.stringify(value.slice(0, SHOWN_LENGTH_MAX))}...`
      : JSON.stringify(value);
  }
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

/** A line of a terminal holds the value and what is wrong with it. */
const SHOWN_LENGTH_MAX = 60;

function isSecret([first]: ValuePath): boolean {
  return first === "password" || first === "passphrase" || first === "key" || first === "env";
}

function valueAt(input: unknown, path: ValuePath): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}
