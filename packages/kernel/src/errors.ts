/**
 * Every failure an operator can see is one of these. The set is closed on purpose: exit codes,
 * gRPC statuses and the words on the screen are total maps over it.
 */
export const ERROR_CODES = [
  /** The caller gave up; nobody needs to be told. */
  "canceled",
  /** Something we waited for did not come in its time. */
  "deadline_exceeded",
  /** A request, an option or a configuration is not well-formed. */
  "invalid_argument",
  "not_found",
  "permission_denied",
  "unauthenticated",
  /** Two things that exclude each other: two owners, two definitions. */
  "conflict",
  /** Somebody else holds the keyboard. */
  "console_busy",
  /** The console has no link now; the cause says why. */
  "console_down",
  "agent_unreachable",
  "head_unreachable",
  /** A bound was reached; the message names the bound. */
  "resource_exhausted",
  /** A viewer that reads nothing was let go; it may come back. */
  "slow_consumer",
  /** This head has no say in that: another one keeps what people told, and takes the change. */
  "read_only_head",
  /** The thing cannot do that: break on a unix socket, a read of a log that is not kept. */
  "failed_precondition",
  /** Bytes are gone; a gap says which. */
  "data_loss",
  "unavailable",
  "internal",

  // Why a link could not be opened or was lost. Operators read these in `rcons ls`.
  "name_unresolved",
  "connection_refused",
  "host_unreachable",
  "connection_reset",
  /** The far end closed in an orderly way. */
  "hung_up",
  /** The far end stopped answering without closing. */
  "peer_silent",
  "auth_failed",
  "host_key_unknown",
  "host_key_changed",
  "protocol_error",
  /** The device, socket path or program does not exist or may not be opened. */
  "device_missing",
  /** The program of an exec console ended; the message has its status. */
  "process_exited",
] as const;

/** One of {@link ERROR_CODES}. Stable: scripts match on it. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** What an operator needs besides the sentence. All optional, all plain text, never a secret. */
export interface ErrorContext extends ErrorOptions {
  /** The thing at fault: a console, an agent, a key of a file. */
  readonly subject?: string | undefined;
  /** Where it was found: `file:line:col`, `host:port`, a method. */
  readonly where?: string | undefined;
  /** What to do about it. */
  readonly hint?: string | undefined;
}

/** An expected failure: a console, a peer or a person did something we planned for. */
export class ConfedError extends Error {
  override readonly name = "ConfedError";
  readonly code: ErrorCode;
  /** The message without the code in front, for re-wrapping. */
  readonly rawMessage: string;
  readonly subject: string | undefined;
  readonly where: string | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(`[${code}] ${message}`, context);
    this.code = code;
    this.rawMessage = message;
    this.subject = context.subject;
    this.where = context.where;
    this.hint = context.hint;
  }

  /**
   * Turn anything caught into a ConfedError, keeping it as `cause`. The only door in.
   * Bugs are not caught: an {@link InvariantError} passes through as a throw.
   */
  static from(reason: unknown, fallback: ErrorCode = "internal"): ConfedError {
    if (reason instanceof InvariantError) throw reason;
    if (reason instanceof ConfedError) return reason;
    if (!(reason instanceof Error)) return new ConfedError(fallback, String(reason));
    if (reason.name === "AbortError") return new ConfedError("canceled", reason.message, { cause: reason });
    return new ConfedError(codeFromErrno(reason) ?? fallback, reason.message, { cause: reason });
  }
}

/** A broken invariant is a bug in this program: nothing catches it, the process restarts. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** State what cannot be otherwise. Never for numbers from a peer, a file or a person. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** The default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new InvariantError(`unhandled case: ${JSON.stringify(value)}`);
}

/** True if `text` names an error code; for what arrives on a wire. */
export function isErrorCode(text: string): text is ErrorCode {
  return (ERROR_CODES as readonly string[]).includes(text);
}

// errno(3) names as Node reports them in `code`.
const CODE_OF_ERRNO: Readonly<Record<string, ErrorCode>> = {
  ECONNREFUSED: "connection_refused",
  ECONNRESET: "connection_reset",
  EPIPE: "connection_reset",
  EHOSTUNREACH: "host_unreachable",
  ENETUNREACH: "host_unreachable",
  EHOSTDOWN: "host_unreachable",
  ETIMEDOUT: "deadline_exceeded",
  ENOTFOUND: "name_unresolved",
  EAI_AGAIN: "name_unresolved",
  ENOENT: "device_missing",
  ENXIO: "device_missing",
  ENODEV: "device_missing",
  EACCES: "permission_denied",
  EPERM: "permission_denied",
  EMFILE: "resource_exhausted",
  ENFILE: "resource_exhausted",
  ENOSPC: "resource_exhausted",
  EADDRINUSE: "conflict",
};

function codeFromErrno(error: Error): ErrorCode | undefined {
  // A code may be anything: gRPC has numbers, and "toString" is a property of every object.
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" && Object.hasOwn(CODE_OF_ERRNO, code) ? CODE_OF_ERRNO[code] : undefined;
}
