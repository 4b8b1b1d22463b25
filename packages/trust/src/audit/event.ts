import type { AuditEventName } from "./codes.ts";

/**
 * Something that happened, as whoever saw it tells it. Texts may be anybody's: they are neutralised
 * and cut when they are written. Never a secret, never what was typed.
 */
export interface AuditEvent {
  readonly event: AuditEventName;
  /** Who did it: "alice", "local:anonymous", "agent:sn01". */
  readonly subject?: string | undefined;
  /** From where: an address. */
  readonly peer?: string | undefined;
  readonly console?: string | undefined;
  readonly agent?: string | undefined;
  readonly session?: string | undefined;
  /** In words: a mode, a cause, a reason that was given. */
  readonly text?: string | undefined;
  /** What else there is to know; at most {@link DETAILS_MAX} are kept. */
  readonly details?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
}

/** More would be a document. */
export const DETAILS_MAX = 16;

/** What is given to everything that has something to tell. */
export interface Audit {
  /**
   * Note what happened. Never waits, never throws: what cannot be written is kept up to a bound,
   * then counted, and the hole is marked when it can be written again.
   */
  event(event: AuditEvent): void;
  /**
   * Resolves when this event is on the disk. Rejects with "failed_precondition" when it is not in
   * time, or cannot be: whoever must not act unseen does not act then.
   */
  recorded(event: AuditEvent): Promise<void>;
  /** As `event`, and on record outside our own files at once: in the journal of the host. */
  alarm(event: AuditEvent): void;
  /** Set while nothing can be written; what is wrong. */
  readonly trouble: string | undefined;
}

/** An audit that was opened and is to be ended. */
export interface OpenAudit extends Audit {
  /** What is known is written, as far as the disk takes it within seconds. Idempotent. */
  end(): Promise<void>;
}

/** Keeps nothing: for tests, and for what has no state of its own. */
export const silentAudit: OpenAudit = {
  event: () => undefined,
  recorded: () => Promise.resolve(),
  alarm: () => undefined,
  trouble: undefined,
  end: () => Promise.resolve(),
};
