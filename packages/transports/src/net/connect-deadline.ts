import { type Clock, ConfedError, withDeadline } from "@confed/kernel";
import { CONNECT_TIMEOUT_MS } from "../transport.ts";

/** One attempt to open a link. */
export interface ConnectAttempt {
  readonly clock: Clock;
  /** The far end in words: `host:port` or a path. */
  readonly where: string;
  readonly signal: AbortSignal;
  /** {@link CONNECT_TIMEOUT_MS} unless given. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Run what opens a link under the rules of Transport.open: a deadline, "canceled" when the caller
 * gave up whatever the reason was, and `where` in every error.
 */
export async function withConnectDeadline<T>(
  { clock, where, signal, timeoutMs = CONNECT_TIMEOUT_MS }: ConnectAttempt,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await withDeadline({ clock, timeoutMs, what: `connecting to ${where}` }, signal, run);
  } catch (reason) {
    if (signal.aborted)
      throw new ConfedError("canceled", `connecting to ${where} was given up`, {
        where,
        cause: signal.reason,
      });
    const error = ConfedError.from(reason);
    throw new ConfedError(error.code, error.rawMessage, {
      subject: error.subject,
      where: error.where ?? where,
      hint: error.hint ?? (error.code === "deadline_exceeded" ? NO_ANSWER_HINT : undefined),
      cause: error.cause ?? error,
    });
  }
}

const NO_ANSWER_HINT = "check that it is up and that no firewall drops the connection";
