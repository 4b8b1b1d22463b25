import { formatDuration } from "@confed/kernel";
import { formatCount } from "../render/format-count.ts";
import type { Place } from "./output-place.ts";

/**
 * Follows a viewer that came back until it has seen all that it missed, and then has the one line
 * that says so.
 */
export class CatchUp {
  readonly #awayMs: number;
  readonly #end: Place | undefined;
  #shownBytes = 0;
  #gaps = 0;
  #done = false;

  /** `end` is where the console's output stood when the session opened again; unknown: no wait. */
  constructor({ awayMs, end }: { readonly awayMs: number; readonly end: Place | undefined }) {
    this.#awayMs = awayMs;
    this.#end = end;
  }

  output(shownBytes: number): void {
    if (!this.#done) this.#shownBytes += shownBytes;
  }

  gap(): void {
    if (!this.#done) this.#gaps += 1;
  }

  /** The line, once: as soon as the viewer stands where the console stood. Else undefined. */
  lineAt(place: Place): string | undefined {
    if (this.#done) return undefined;
    const behind =
      this.#end !== undefined && this.#end.logId === place.logId && place.offset < this.#end.offset;
    if (behind) return undefined;
    this.#done = true;
    const shown =
      this.#shownBytes === 0 ? "nothing missed" : `${formatCount(this.#shownBytes, "byte")} shown from log`;
    const gaps = this.#gaps === 0 ? "no gap" : `${formatCount(this.#gaps, "gap")}, see above`;
    if (this.#shownBytes === 0 && this.#gaps > 0)
      return `[back after ${formatDuration(this.#awayMs)}, ${gaps}]`;
    return `[back after ${formatDuration(this.#awayMs)}, ${shown}, ${gaps}]`;
  }
}
