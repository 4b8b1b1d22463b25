import { ConfedError } from "@confed/kernel";

/**
 * Remembers what was used, for as long as it could be used again. Two sets change places: what is in
 * neither has expired. Costs ~100 bytes an entry; at the bound nothing is accepted, for forgetting
 * would let a ticket be used twice.
 */
export class UsedOnce {
  readonly #lifetimeMs: number;
  readonly #entriesMax: number;
  #young = new Set<string>();
  #old = new Set<string>();
  #turnAtMs = Number.NEGATIVE_INFINITY;

  constructor({ lifetimeMs, entriesMax }: { readonly lifetimeMs: number; readonly entriesMax: number }) {
    this.#lifetimeMs = lifetimeMs;
    this.#entriesMax = entriesMax;
  }

  /** Entries held now. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** True the first time. Throws "resource_exhausted" where that cannot be known for sure. */
  use(id: string, nowMs: number): boolean {
    if (nowMs >= this.#turnAtMs) this.#turn(nowMs);
    if (this.#young.has(id) || this.#old.has(id)) return false;
    if (this.#young.size >= this.#entriesMax) {
      throw new ConfedError(
        "resource_exhausted",
        `${this.#entriesMax} tickets were used within ${this.#lifetimeMs / 1_000} s (usedTicketsMax)`,
        { hint: "try again in a minute" },
      );
    }
    this.#young.add(id);
    return true;
  }

  // What was put into the young set just now must outlive its own lifetime: it stays for one whole
  // turn as the old one.
  #turn(nowMs: number): void {
    const late = nowMs >= this.#turnAtMs + this.#lifetimeMs;
    this.#old = late ? new Set() : this.#young;
    this.#young = new Set();
    this.#turnAtMs = nowMs + this.#lifetimeMs;
  }
}
