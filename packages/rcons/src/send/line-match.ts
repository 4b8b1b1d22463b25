import { ConfedError } from "@confed/kernel";
import { RE2JS } from "re2js";
import { LineSplitter } from "../render/line-splitter.ts";
import { plainLine } from "../render/line-text.ts";

/**
 * Looks for a pattern in each line of what is pushed, the unfinished last one included, for prompts
 * have no end. Time is linear in the output, whatever the pattern (RE2 syntax).
 */
export class LineMatch {
  readonly #pattern: RE2JS;
  readonly #splitter = new LineSplitter();

  /** Throws "invalid_argument" where the pattern is none. */
  constructor(pattern: string) {
    try {
      this.#pattern = RE2JS.compile(pattern);
    } catch (reason) {
      throw new ConfedError(
        "invalid_argument",
        `not a pattern: ${reason instanceof Error ? reason.message : String(reason)}`,
        {
          subject: "--wait",
          hint: "RE2 syntax: no back-references, no look-around",
        },
      );
    }
  }

  /** True as soon as a line fits. */
  push(data: Uint8Array): boolean {
    let found = false as boolean;
    this.#splitter.push(data, (line) => {
      found ||= this.#fits(line);
    });
    if (found) return true;
    return this.#splitter.heldBytes > 0 && this.#fits(this.#splitter.held);
  }

  #fits(line: Uint8Array): boolean {
    return this.#pattern.matcher(plainLine(line)).find();
  }
}
