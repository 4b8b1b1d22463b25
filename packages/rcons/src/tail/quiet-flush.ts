import type { Cancel, Clock } from "@confed/kernel";

/** A line without an end (a prompt) is shown after the console was quiet for so long. */
const QUIET_MS = 1_000;

/** Calls back for consoles whose line has not gone on for a while; one timer for all, until stopped. */
export class QuietFlush {
  readonly #clock: Clock;
  readonly #flush: (console: string) => void;
  /** When each unfinished line was last added to; oldest first. */
  readonly #unfinished = new Map<string, number>();
  #cancel: Cancel | undefined;

  constructor(clock: Clock, flush: (console: string) => void) {
    this.#clock = clock;
    this.#flush = flush;
  }

  /** Output of a console was shown; `unfinished`: all but the line that has begun. */
  set(console: string, unfinished: boolean): void {
    this.#unfinished.delete(console);
    if (unfinished) this.#unfinished.set(console, this.#clock.nowMs());
    if (unfinished && this.#cancel === undefined) this.#arm(QUIET_MS);
  }

  /** The end: what is unfinished will not go on. */
  finish(): void {
    this.#cancel?.();
    for (const console of this.#unfinished.keys()) this.#flush(console);
    this.#unfinished.clear();
  }

  #arm(delayMs: number): void {
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#cancel = undefined;
      const nowMs = this.#clock.nowMs();
      for (const [console, atMs] of this.#unfinished) {
        if (nowMs - atMs < QUIET_MS) {
          this.#arm(QUIET_MS - (nowMs - atMs));
          return;
        }
        this.#unfinished.delete(console);
        this.#flush(console);
      }
    });
  }
}
