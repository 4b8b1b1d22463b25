import type { SecretRef } from "@confed/config";
import type { Clock, Secret } from "@confed/kernel";

/** Below this, nobody can have changed a file and asked for the log-in that reads it now: to start a program takes longer. */
const SAME_READ_MS = 25;

/**
 * Secrets, read when they are used; those who want the same one at the same time share a read. A thousand
 * BMCs have one password: opening its file a thousand times takes longer than logging in.
 */
export class SecretReads {
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #resolve: (ref: SecretRef) => Promise<Secret>;
  readonly #reads = new Map<string, { readonly atMs: number; readonly secret: Promise<Secret> }>();

  constructor(clock: Pick<Clock, "nowMs">, resolve: (ref: SecretRef) => Promise<Secret>) {
    this.#clock = clock;
    this.#resolve = resolve;
  }

  /** Rejects as `resolve` does; what failed is read anew by whoever asks next. */
  read(ref: SecretRef): Promise<Secret> {
    const nowMs = this.#clock.nowMs();
    const key = JSON.stringify(ref);
    const known = this.#reads.get(key);
    if (known !== undefined && nowMs - known.atMs < SAME_READ_MS) return known.secret;
    // What is old goes with the next read of any, so that no secret outlives its use for long.
    for (const [other, { atMs }] of this.#reads) if (nowMs - atMs >= SAME_READ_MS) this.#reads.delete(other);
    const secret = this.#resolve(ref);
    this.#reads.set(key, { atMs: nowMs, secret });
    secret.catch(() => {
      if (this.#reads.get(key)?.secret === secret) this.#reads.delete(key);
    });
    return secret;
  }
}
