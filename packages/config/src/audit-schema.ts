import { ConfedError, formatHostPort, type HostPort, parseHostPort } from "@confed/kernel";
import { z } from "zod";
import { absolutePath, ageMs, byteSize, refuse, selection, wholeNumber } from "./scalar-schema.ts";

/** The `audit:` section. */
export interface AuditSettings {
  /** Where the records lie; `audit` in the state directory unless given. */
  readonly dir?: string | undefined;
  /** "strict": who may write is attached anew only while it can be recorded; "best-effort": always. */
  readonly policy: (typeof POLICIES)[number];
  /** With "strict": the consoles that are meant, a selection; all unless given. */
  readonly consoles?: string | undefined;
  /** Receivers of syslog (RFC 5424) that get a copy of every record. */
  readonly forward: readonly ForwardTarget[];
  readonly rotateSizeBytes: number;
  /** How much of full files is kept; without a limit, all. */
  readonly keep?: { readonly ageMs?: number | undefined; readonly count?: number | undefined } | undefined;
}

/** A receiver of copies. */
export interface ForwardTarget extends HostPort {
  readonly over: "tcp" | "udp";
}

/** The words of configuration for what an audit that cannot be written means. */
export const POLICIES = ["best-effort", "strict"] as const;

/** The section of a file that has none. */
export const DEFAULT_AUDIT: AuditSettings = Object.freeze<AuditSettings>({
  policy: "best-effort",
  forward: [],
  rotateSizeBytes: 64 * 1024 * 1024,
});

/** As it is written in a file. */
export function formatForwardTarget(target: ForwardTarget): string {
  return `syslog+${target.over}://${formatHostPort(target)}`;
}

const forwardTarget = z.string().transform((value, context): ForwardTarget => {
  const [, scheme, place] = /^(syslog|syslog\+tcp|syslog\+udp):\/\/([^/]+)\/?$/.exec(value) ?? [];
  try {
    if (place === undefined) throw new ConfedError("invalid_argument", "must be a receiver of syslog");
    return {
      ...parseHostPort(place, { defaultPort: SYSLOG_PORT }),
      over: scheme === "syslog+udp" ? "udp" : "tcp",
    };
  } catch (reason) {
    const { rawMessage, hint } = ConfedError.from(reason);
    refuse(context.issues, value, rawMessage, {
      whole: place !== undefined,
      hint: hint ?? 'like "syslog://loghost:514" (TCP) or "syslog+udp://loghost:514"',
    });
    return z.NEVER;
  }
});

/** Of RFC 5426 for UDP, and what receivers listen on for TCP. */
const SYSLOG_PORT = 514;

/** The `audit:` section as it stands in a file. */
export const auditSection = z
  .strictObject({
    dir: absolutePath.optional(),
    policy: z.enum(POLICIES).default(DEFAULT_AUDIT.policy),
    consoles: selection.optional(),
    forward: z.array(forwardTarget).max(8).default([]),
    rotate: z.strictObject({ size: byteSize(64 * 1024, "64KiB") }).optional(),
    keep: z
      .strictObject({ age: ageMs.optional(), count: wholeNumber(1, 100_000).optional() })
      .transform(({ age, count }) => ({ ageMs: age, count }))
      .optional(),
  })
  .check(({ value, issues }) => {
    if (value.consoles !== undefined && value.policy !== "strict")
      refuse(issues, value.consoles, "means nothing without policy: strict", { path: ["consoles"] });
  })
  .transform(
    ({ rotate, ...rest }): AuditSettings => ({
      ...rest,
      rotateSizeBytes: rotate?.size ?? DEFAULT_AUDIT.rotateSizeBytes,
    }),
  );
