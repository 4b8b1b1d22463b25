import type { Link } from "@confed/transports";
import { CADENCE_MS, type Cadence, type Resting, type Woken } from "./cadence.ts";

/**
 * Whether a console's link is read now. Two may stop it, for reasons of their own: the cadence while
 * nobody watches, and the log while it cannot follow. It is read when neither does, and no other process
 * is to have it.
 */
export class Reading implements Resting {
  readonly number: number;
  listed = false;
  readonly #cadence: Cadence;
  #link: Link | undefined;
  #resting = false;
  #held = false;
  #frozen = false;
  #readAtMs = Number.NEGATIVE_INFINITY;

  /** `number`: the console's, for its place in the cadence. */
  constructor(number: number, cadence: Cadence) {
    this.number = number;
    this.#cadence = cadence;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  get resting(): boolean {
    return this.#resting;
  }

  /** The link from now on; a fresh link is read. */
  use(link: Link | undefined): void {
    this.#restNoMore();
    this.#link = link;
    this.#held = false;
    this.#frozen = false;
  }

  /** After every read that nobody watched. A console that prints rarely is read at once, always. */
  took(nowMs: number): void {
    const often = nowMs - this.#readAtMs < OFTEN_MS;
    this.#readAtMs = nowMs;
    if (this.#resting || !often || this.#link?.pausable !== true) return;
    this.#resting = true;
    this.#link.pause();
    this.#cadence.rest(this);
  }

  /** Somebody watches: no more rest. */
  watch(): void {
    if (this.#restNoMore()) this.#resumeIfFree();
  }

  // Costs one read. What finds nothing is left to the poll again, and so is the end of a link.
  wake(): Woken {
    const lastMs = this.#readAtMs;
    const foundBytes = this.#held || this.#frozen ? 0 : (this.#link?.readNow?.() ?? 0);
    // Whom the bytes reached may have made us watch or stop.
    if (!this.#resting) return "awake";
    if (foundBytes === 0) {
      this.watch();
      return "awake";
    }
    if (foundBytes >= MUCH_BYTES) return "soon";
    return foundBytes > (this.#readAtMs - lastMs) * LINE_BYTES_PER_MS ? "often" : "rests";
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
    this.#resumeIfFree();
  }

  /** Nothing is read from now on, whoever else wants to: another process is to go on with the link. */
  freeze(): void {
    this.#frozen = true;
    this.#link?.pause();
  }

  /**
   * Read at once what has gathered, and then by the clock what printed: to have thousands of links
   * watched by the event loop, only to find that they print often, costs more than reading them.
   */
  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    const foundBytes = this.#held || this.#resting ? 0 : (this.#link?.readNow?.() ?? 0);
    // Whom the bytes reached may have made us stop.
    if (foundBytes === 0 || this.#stopped) {
      this.#resumeIfFree();
      return;
    }
    this.#resting = true;
    this.#cadence.rest(this);
  }

  get #stopped(): boolean {
    return this.#resting || this.#held || this.#frozen;
  }

  #resumeIfFree(): void {
    if (!this.#stopped) this.#link?.resume();
  }

  /** Take what has arrived, before the link is closed: nobody could read it afterwards. */
  readOut(): void {
    if (this.#held || this.#frozen) return;
    this.#link?.pause();
    for (let reads = 0; reads < READS_OUT_MAX; reads += 1) {
      if ((this.#link?.readNow?.() ?? 0) < MUCH_BYTES) return;
    }
  }

  #restNoMore(): boolean {
    if (!this.#resting) return false;
    this.#resting = false;
    this.#cadence.forget();
    return true;
  }
}

/**
 * Read more often than this, a console rests. Twice the cadence: what prints a line every half second
 * finds something at most of its turns, and turns that find nothing cost more than they save.
 */
const OFTEN_MS = 2 * CADENCE_MS;

/**
 * What a serial line brings at 115,200 Bd. Whoever sends more is held back by what the kernel takes for
 * us: the more often it is taken, the less memory goes around between the two, which they both feel.
 */
const LINE_BYTES_PER_MS = 11.52;

/** So much of it that there is more in a moment: the sender's own buffer may be far smaller than ours. */
const MUCH_BYTES = 16 * 1024;

/** Reads of 64 KiB: whoever prints faster than we read is cut off, not waited for. */
const READS_OUT_MAX = 16;
