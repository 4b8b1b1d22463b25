import { type Fault, formatFault } from "@confed/config";
import type { Logger } from "@confed/kernel";

/** Said one by one; of more, how many there are. */
const SAID_MAX = 50;

/** Says what was left out of a file, each remark once while it holds, however often the file is read. */
export class RemarkLog {
  readonly #logger: Pick<Logger, "warn">;
  #said: ReadonlySet<string> = new Set();

  constructor(logger: Pick<Logger, "warn">) {
    this.#logger = logger;
  }

  say(remarks: readonly Fault[] = []): void {
    const texts = remarks.map(formatFault);
    const fresh = texts.filter((text) => !this.#said.has(text));
    for (const text of fresh.slice(0, SAID_MAX)) this.#logger.warn(text);
    if (fresh.length > SAID_MAX)
      this.#logger.warn("more of that file was left out", { remarks: fresh.length - SAID_MAX });
    this.#said = new Set(texts);
  }
}
