import { ConfedError, type Logger } from "@confed/kernel";
import type { Audit } from "@confed/trust/audit";
import type { FedConsole } from "./fed-console.ts";

export interface LogTroublesDeps {
  readonly consoles: ReadonlyMap<number, FedConsole>;
  readonly logger: Logger;
  readonly audit?: Pick<Audit, "event"> | undefined;
}

/**
 * Which logs cannot be written, and who has been told: a log is refused by the disk at once, or
 * stalled when the log writer has not answered for 5 s. The agent's own log names the first few;
 * a disk that fails for ten thousand consoles does not print ten thousand lines.
 */
export class LogTroubles {
  readonly #deps: LogTroublesDeps;
  readonly #refused = new Set<number>();
  readonly #stalled = new Set<number>();
  #saidCount = 0;
  #worstCount = 0;

  constructor(deps: LogTroublesDeps) {
    this.#deps = deps;
  }

  /** Consoles whose log cannot be written now. */
  get count(): number {
    return this.#refused.size + this.#stalled.size;
  }

  /** The disk does not take it; the reason may become another one. */
  refused(number: number, error: ConfedError): void {
    if (this.#refused.has(number)) this.#deps.consoles.get(number)?.onLogTrouble(error);
    else {
      this.#stalled.delete(number);
      this.#refused.add(number);
      this.#tell(number, error);
    }
  }

  /** It is written again. */
  written(number: number): void {
    if (this.#refused.delete(number)) this.#healed([number]);
  }

  /** The log writer has not answered for so long: whoever printed meanwhile is told. O(consoles). */
  writerStalled(seconds: number): void {
    for (const [number, { end, loggedEnd }] of this.#deps.consoles) {
      if (end.offset <= loggedEnd || this.#refused.has(number) || this.#stalled.has(number)) continue;
      this.#stalled.add(number);
      this.#tell(number, stalledError(seconds));
    }
  }

  /** It answers again. */
  writerAnswers(): void {
    if (this.#stalled.size === 0) return;
    const healed = [...this.#stalled];
    this.#stalled.clear();
    this.#healed(healed);
  }

  /** The console is no more. */
  forget(number: number): void {
    this.#refused.delete(number);
    this.#stalled.delete(number);
    this.#allWell();
  }

  #tell(number: number, error: ConfedError): void {
    const console = this.#deps.consoles.get(number);
    if (console === undefined) return;
    this.#worstCount = Math.max(this.#worstCount, this.count);
    this.#saidCount += 1;
    if (this.#saidCount <= SAID_MAX)
      this.#deps.audit?.event({ event: "recording.gap", console: console.name, text: error.message });
    if (this.#saidCount <= SAID_MAX)
      this.#deps.logger.error("log cannot be written", { console: console.name, error: error.message });
    else if (this.#saidCount === SAID_MAX + 1)
      this.#deps.logger.error("more logs cannot be written; `rcons ls` shows which");
    console.onLogTrouble(error);
  }

  #healed(numbers: readonly number[]): void {
    for (const number of numbers) this.#deps.consoles.get(number)?.onLogTrouble(undefined);
    this.#allWell();
  }

  #allWell(): void {
    if (this.count > 0 || this.#saidCount === 0) return;
    this.#deps.logger.info("all logs are written again", { consoles: this.#worstCount });
    this.#deps.audit?.event({ event: "recording.restored", details: { consoles: this.#worstCount } });
    this.#saidCount = 0;
    this.#worstCount = 0;
  }
}

/** Consoles named one by one; the rest is counted, or a full disk would fill the log of the process. */
const SAID_MAX = 10;

function stalledError(seconds: number): ConfedError {
  return new ConfedError("unavailable", `the disk with the logs has not answered for ${seconds} s`, {
    hint: "output is kept in memory, 256 KiB a console, and logged when it answers",
  });
}
