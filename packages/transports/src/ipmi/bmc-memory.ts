import type { CipherSuiteId } from "@confed/codecs";
import type { Ciphers, ConfedError } from "@confed/kernel";

/** How often SOL is taken from somebody else, until it was left to us for {@link PEACE_MS}. */
const TAKEOVERS_MAX = 2;
const PEACE_MS = 10 * 60_000;
/** Sessions of ours that a BMC may still know: it forgets them within a minute. */
const FORMER_IDS_MAX = 16;

/**
 * What one console has learnt of its BMC over all its sessions. Without secrets: of a refused password
 * there is only a keyed hash, and the key is nowhere else.
 */
export class BmcMemory {
  /** What worked last. */
  suite: CipherSuiteId | undefined;
  readonly formerSessions = new Set<number>();
  readonly #ciphers: Ciphers;
  readonly #hashKey: Uint8Array;
  #takeovers = 0;
  #lastTakeoverAtMs = 0;
  #refused: { readonly fingerprint: Uint8Array; readonly error: ConfedError } | undefined;

  constructor(ciphers: Ciphers) {
    this.#ciphers = ciphers;
    // Copied here and below: a small array is inside its object, where what ciphers give has memory of its own.
    this.#hashKey = new Uint8Array(ciphers.randomBytes(16));
  }

  /** By which credentials are known again that must not be kept: a keyed hash. */
  fingerprintOf(credentials: Uint8Array): Uint8Array {
    return new Uint8Array(this.#ciphers.hmac("sha256", this.#hashKey, credentials));
  }

  /** Why these credentials need not be tried again: a BMC locks a user out who is wrong too often. */
  refusalOf(fingerprint: Uint8Array): ConfedError | undefined {
    const refused = this.#refused;
    return refused !== undefined && this.#ciphers.equal(refused.fingerprint, fingerprint)
      ? refused.error
      : undefined;
  }

  refuse(fingerprint: Uint8Array, error: ConfedError): void {
    this.#refused = { fingerprint, error };
  }

  /** A session is there. */
  loggedIn(suite: CipherSuiteId | undefined, ids: readonly number[]): void {
    this.suite = suite;
    this.#refused = undefined;
    for (const id of ids) this.formerSessions.add(id);
    for (const oldest of this.formerSessions) {
      if (this.formerSessions.size <= FORMER_IDS_MAX) break;
      this.formerSessions.delete(oldest);
    }
  }

  /** Whether SOL may be taken from another's session without a person asking for it. */
  mayTakeOver(nowMs: number): boolean {
    return this.#takeovers < TAKEOVERS_MAX || nowMs - this.#lastTakeoverAtMs >= PEACE_MS;
  }

  tookOver(nowMs: number): void {
    const peaceful = nowMs - this.#lastTakeoverAtMs >= PEACE_MS;
    this.#takeovers = peaceful ? 1 : this.#takeovers + 1;
    this.#lastTakeoverAtMs = nowMs;
  }
}
