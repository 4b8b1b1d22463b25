import { isIP } from "node:net";
import {
  ConfedError,
  checkName,
  type HostPort,
  type HostPortOptions,
  isHost,
  parseDurationMs,
  parseHostPort,
  parseSelection,
} from "@confed/kernel";
import { z } from "zod";
import { parseByteSize } from "./byte-size.ts";
import type { SecretRef } from "./secret-ref.ts";

/** What `schema-faults.ts` makes a sentence of, besides the message. */
export interface FaultParams {
  readonly hint?: string | undefined;
  /** The message stands alone: it is not a rule that the value breaks. */
  readonly whole?: boolean;
  /** From the value that was checked to the one at fault. */
  readonly path?: readonly string[];
}

type Issues = { push(issue: z.core.$ZodRawIssue): unknown };

/** Report that a value breaks a rule: `message` completes the sentence "KEY ...". */
export function refuse(issues: Issues, input: unknown, message: string, params: FaultParams = {}): void {
  const { path = [], ...rest } = params;
  issues.push({ code: "custom", input, message, params: rest, path: [...path] });
}

/** A text for which `accepts` is true. `rule` completes "KEY must be ...". */
export function text(rule: string, accepts: (value: string) => boolean, hint?: string): z.ZodString {
  return z.string().check(({ value, issues }) => {
    if (!accepts(value)) refuse(issues, value, `must be ${rule}`, { hint });
  });
}

/** A text that fits on a line. */
export const line = text("one line of text, at most 1000 characters", (value) =>
  /^[^\p{Cc}]{1,1000}$/u.test(value),
);

/** An absolute path. Not relative: a service has no directory that people would think of. */
export const absolutePath = text(
  "an absolute path",
  (value) => /^\/[^\p{Cc}]*$/u.test(value) && value.length <= PATH_LENGTH_MAX,
  "begin with /",
);

// PATH_MAX of Linux, its NUL taken off.
const PATH_LENGTH_MAX = 4095;

/** What a path of a log is like. */
export const LOG_PATH_HINT = 'like "/var/log/consoles/&.log"';

/** An absolute path of a file, with no way up in it. */
export const filePath = absolutePath.check(({ value, issues }) => {
  if (value.split("/").includes("..")) refuse(issues, value, "must not go up by ..", { hint: LOG_PATH_HINT });
  else if (value.endsWith("/"))
    refuse(issues, value, "must name files, not a directory", { hint: LOG_PATH_HINT });
});

/** A host name or an address. */
export const host = text(
  "a host name or an address",
  isHost,
  'IPv6 without brackets; the port has a key of its own: "port"',
);

/** A TCP port to connect to. */
export const port = wholeNumber(1, 65_535);

/** A whole number within bounds, both included. */
export function wholeNumber(least: number, most: number): z.ZodNumber {
  return z.number().check(({ value, issues }) => {
    if (!Number.isInteger(value) || value < least || value > most) {
      refuse(issues, value, `must be a whole number from ${least} to ${most}`);
    }
  });
}

/** A group's name or a label's. */
export const word = text(
  "a word",
  (value) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(value),
  "letters, digits, '.', '_' and '-', at most 63",
);

/** The name of a console or of an agent, by the kernel's rule. */
export function name(what: "console" | "agent"): z.ZodString {
  return z.string().check(({ value, issues }) => {
    rejected(() => checkName(value, what), issues, value);
  });
}

/** A time like "500ms", "20s" or "5m", in milliseconds; not nothing, and not over a day. */
export const durationMs = z.unknown().transform((value, context): number => {
  const ms = typeof value === "string" ? acceptedBy(() => parseDurationMs(value)) : undefined;
  if (ms !== undefined && ms > 0 && ms <= DAY_MS) return ms;
  refuse(context.issues, value, "must be a time up to a day", { hint: 'write "500ms", "20s" or "5m"' });
  return z.NEVER;
});

const DAY_MS = 24 * 60 * 60 * 1000;

/** How old something may become, like "12h" or "30d", in milliseconds: a minute to ten years. */
export const ageMs = z.unknown().transform((value, context): number => {
  const ms = typeof value === "string" ? acceptedBy(() => parseDurationMs(value)) : undefined;
  if (ms !== undefined && ms >= 60_000 && ms <= 3_660 * DAY_MS) return ms;
  refuse(context.issues, value, "must be a time from a minute to ten years", {
    hint: 'write "12h" or "30d"',
  });
  return z.NEVER;
});

/** A size like "64MiB", in bytes, of at least `leastBytes`; `least` is that, for people. */
export function byteSize(leastBytes: number, least: string): z.ZodPipe<z.ZodUnknown, z.ZodTransform<number>> {
  return z.unknown().transform((value, context): number => {
    const bytes = typeof value === "string" ? parseByteSize(value) : undefined;
    if (bytes !== undefined && bytes >= leastBytes) return bytes;
    refuse(context.issues, value, `must be a size of at least ${least}`, {
      hint: 'write "512KiB", "64MiB" or "10GiB"',
    });
    return z.NEVER;
  });
}

type AddressSchema = z.ZodPipe<z.ZodString, z.ZodTransform<HostPort, string>>;

/** `host:port`, parsed. */
export function address(options: HostPortOptions): AddressSchema {
  return z.string().transform((value, context): HostPort => {
    return rejected(() => parseHostPort(value, options), context.issues, value) ?? z.NEVER;
  });
}

/** Where to listen. Port 0 lets the system choose. */
export function listenAddress(defaultPort: number): AddressSchema {
  return address({ defaultPort, zeroPort: true });
}

/** Whose connections: one address, or those of a network. */
export const network = text(
  "an address or a network",
  (value) => {
    const [host = "", bits = "0", ...more] = value.split("/");
    const bitsMax = isIP(host) === 6 ? 128 : 32;
    return isIP(host) !== 0 && more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax;
  },
  'like "10.1.2.3" or "10.1.0.0/16"',
);

/** Which consoles: names, ranges, groups, labels. */
export const selection = z.string().check(({ value, issues }) => {
  try {
    parseSelection(value);
  } catch (reason) {
    const { rawMessage, where, hint } = ConfedError.from(reason);
    refuse(issues, value, `column ${where ?? "1"}: ${rawMessage}`, { whole: true, hint });
  }
});

/** A reference to a secret. What it refuses it never shows. */
export const secretRef = z.unknown().transform((value, context): SecretRef => {
  const hint = "write { file: /path } or { env: NAME }";
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    refuse(context.issues, value, "must not hold a secret itself, only say where it is", { hint });
    return z.NEVER;
  }
  const parsed = secretShape.safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  }
  const { file, env } = parsed.data;
  if (file !== undefined && env === undefined) return { file };
  if (env !== undefined && file === undefined) return { env };
  refuse(context.issues, value, "must name one place, a file or an environment variable", { hint });
  return z.NEVER;
});

const secretShape = z.strictObject({
  file: absolutePath.optional(),
  env: text("the name of an environment variable", (value) =>
    /^[A-Za-z_][A-Za-z0-9_]*$/.test(value),
  ).optional(),
});

/** Run a parser of the kernel and turn its refusal into an issue. */
function rejected<T>(parse: () => T, issues: Issues, input: unknown): T | undefined {
  return acceptedBy(parse, (refusal) => {
    refuse(issues, input, refusal.rawMessage, { whole: true, hint: refusal.hint });
  });
}

function acceptedBy<T>(parse: () => T, refused?: (refusal: ConfedError) => void): T | undefined {
  try {
    return parse();
  } catch (reason) {
    if (!(reason instanceof ConfedError)) throw reason;
    refused?.(reason);
    return undefined;
  }
}
