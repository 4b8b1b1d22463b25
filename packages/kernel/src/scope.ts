import type { Clock } from "./clock.ts";
import { ConfedError, InvariantError } from "./errors.ts";

/** Undoes an acquisition. */
export type Release = () => void | Promise<void>;

/** How long one release may take before the next begins all the same. */
export interface Patience {
  readonly clock: Pick<Clock, "after">;
  readonly releaseMsMax: number;
}

/**
 * Owns resources and releases each exactly once, newest first.
 *
 * Closing works after a half-finished acquisition, and owning something on a
 * closed scope releases it at once, so a late arrival can never leak.
 */
export class Scope implements AsyncDisposable {
  readonly #patience: Patience | undefined;
  /** Made when somebody asks: an AbortSignal weighs half a kilobyte, and most scopes need none. */
  #abort: AbortController | undefined;
  #reason: unknown;
  readonly #releases = new Set<Release>();
  #closing: Promise<void> | undefined;

  /**
   * Without patience a release that hangs keeps those before it from running, and `close` from
   * resolving: right where the next thing may begin only when this one is gone, as with a serial
   * port. What a process ends with has patience.
   */
  constructor(patience?: Patience) {
    this.#patience = patience;
  }

  /** Aborted when the scope closes; pass it to everything the scope starts. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#closing !== undefined) this.#abort.abort(this.#reason);
    }
    return this.#abort.signal;
  }

  /**
   * Release this when the scope closes. Returns a function that forgets it without releasing,
   * for what ended by itself. On a closed scope it is released at once; if that fails nobody is left
   * to hear of it but of a bug, which ends the process as ever.
   */
  own(release: Release): () => void {
    if (this.#closing !== undefined) {
      void releaseLate(release);
      return () => undefined;
    }
    this.#releases.add(release);
    return () => this.#releases.delete(release);
  }

  /** A scope that closes with this one, or earlier by itself. */
  child(): Scope {
    const child = new Scope();
    const forget = this.own(() => child.close(this.#reason));
    child.own(forget);
    return child;
  }

  /** Wrap a callback so that it does nothing once the scope has closed. */
  guard<Args extends unknown[]>(run: (...args: Args) => void): (...args: Args) => void {
    return (...args) => {
      if (this.#closing === undefined) run(...args);
    };
  }

  /** Idempotent. Rejects with an AggregateError if a release threw; all were still run. */
  close(reason?: unknown): Promise<void> {
    if (this.#closing === undefined) {
      this.#reason = reason;
      // The flag first, then the work: an abort listener may call back into this scope.
      this.#closing = Promise.resolve().then(() => this.#releaseAll());
      this.#abort?.abort(reason);
    }
    return this.#closing;
  }

  async #releaseAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const release of [...this.#releases].reverse()) {
      try {
        await this.#inTime(release);
      } catch (failure) {
        failures.push(failure); // Keep going: one stuck file must not strand a socket.
      }
    }
    this.#releases.clear();
    if (failures.length > 0) {
      const why = failures.map((failure) => ConfedError.from(failure).rawMessage).join("; ");
      throw new AggregateError(failures, `scope did not close cleanly: ${why}`);
    }
  }

  async #inTime(release: Release): Promise<void> {
    const patience = this.#patience;
    if (patience === undefined) return release();
    const { clock, releaseMsMax } = patience;
    let cancel: () => void = () => undefined;
    const tooLong = new Promise<never>((_resolve, reject) => {
      cancel = clock.after(releaseMsMax, () => {
        reject(new ConfedError("deadline_exceeded", `a release took longer than ${releaseMsMax} ms`));
      });
    });
    try {
      await Promise.race([release(), tooLong]);
    } finally {
      cancel();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function releaseLate(release: Release): Promise<void> {
  try {
    await release();
  } catch (failure) {
    if (failure instanceof InvariantError) throw failure;
  }
}
