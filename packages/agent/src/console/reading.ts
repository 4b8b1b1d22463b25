import type { Link } from "@confed/transports";
import { CADENCE_MS, type Cadence, type Resting } from "./cadence.ts";

/**
 * Whether a console's link is read now. Two may stop it, for reasons of their own: the cadence while
 * nobody watches, and the log while it cannot follow. It is read when neither does.
 */
export class Reading implements Resting {
  readonly #cadence: Cadence;
  #link: Link | undefined;
  #resting = false;
  #held = false;
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(cadence: Cadence) {
    this.#cadence = cadence;
  }

  /** The link from now on; a fresh link is read. */
  use(link: Link | undefined): void {
    if (this.#resting) this.#cadence.forget(this);
    this.#link = link;
    this.#resting = false;
    this.#held = false;
  }

  /** After every read that nobody watched. A console that prints rarely is read at once, always. */
  took(nowMs: number): void {
    const soon = nowMs - this.#readAtMs < CADENCE_MS;
    this.#readAtMs = nowMs;
    if (!soon || this.#resting || this.#link?.pausable !== true) return;
    this.#resting = true;
    this.#link.pause();
    this.#cadence.rest(this);
  }

  /** Somebody watches: no more rest. */
  watch(): void {
    if (!this.#resting) return;
    this.#cadence.forget(this);
    this.wake();
  }

  wake(): void {
    this.#resting = false;
    if (!this.#held) this.#link?.resume();
  }

  /** The log cannot follow. False where the link cannot be stopped. */
  hold(): boolean {
    if (this.#link?.pausable !== true) return false;
    this.#held = true;
    this.#link.pause();
    return true;
  }

  letGo(): void {
    this.#held = false;
    if (!this.#resting) this.#link?.resume();
  }
}
