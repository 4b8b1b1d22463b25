import type { Clock } from "./clock.ts";
import { ConfedError, InvariantError } from "./errors.ts";

/** How long something may take, and what to call it in the error. */
export interface Deadline {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Completes the sentence "... took longer than N ms". */
  readonly what: string;
}

/**
 * Run with a deadline. Rejects with "deadline_exceeded" naming what was too slow, or with the
 * parent's reason; no timer or listener outlives the call.
 *
 * `run` must honour its signal: this function waits for it.
 */
export async function withDeadline<T>(
  { clock, timeoutMs, what }: Deadline,
  parent: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const child = new AbortController();
  // Linked by hand: on Node 20 AbortSignal.any() grows a parent that lives as long as the
  // process (https://github.com/nodejs/node/issues/55351).
  const follow = () => {
    child.abort(parent.reason);
  };
  if (parent.aborted) follow();
  parent.addEventListener("abort", follow, { once: true });
  const cancel = clock.after(timeoutMs, () => {
    child.abort(new ConfedError("deadline_exceeded", `${what} took longer than ${timeoutMs} ms`));
  });
  try {
    return await run(child.signal);
  } catch (reason) {
    // Libraries throw an AbortError of their own; only the signal knows the real reason. A bug that
    // shows while things are being given up is still a bug.
    const isBug = reason instanceof InvariantError;
    throw ConfedError.from(child.signal.aborted && !isBug ? child.signal.reason : reason);
  } finally {
    cancel();
    parent.removeEventListener("abort", follow);
  }
}
