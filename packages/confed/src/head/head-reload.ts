import { ConfigWatch } from "@confed/agent/config-watch";
import { type FileAssignment, formatFault, type HeadConfig, type LoadResult } from "@confed/config";
import { type Clock, ConfedError, type Logger } from "@confed/kernel";
import { RemarkLog } from "../process/remark-log.ts";

export interface HeadReloadDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** With what the head was started. */
  readonly running: HeadConfig;
  readonly load: () => Promise<LoadResult<HeadConfig>>;
  /** What its files assign from now on. */
  readonly assign: (assigned: readonly FileAssignment[]) => void;
}

/**
 * Reads a head's files again when it is told to, and, where one of them is another program's, when they have changed.
 * A configuration with a fault changes nothing.
 */
export class HeadReload {
  readonly #deps: HeadReloadDeps;
  readonly #remarks: RemarkLog;
  readonly #watch: ConfigWatch;
  #last: Promise<void> = Promise.resolve();

  constructor(deps: HeadReloadDeps) {
    this.#deps = deps;
    const { clock, logger } = deps;
    this.#remarks = new RemarkLog(logger);
    this.#watch = new ConfigWatch({ clock, logger, onChange: () => this.now("a file changed") });
  }

  async start(): Promise<void> {
    const { head, remarks, files, directories = [] } = this.#deps.running;
    this.#remarks.say(remarks);
    if (head.conserver !== undefined) await this.#watch.start({ files, directories });
  }

  /** Resolves when it is done, one after the other; never rejects. */
  now(by: string): Promise<void> {
    this.#last = this.#last.then(() => this.#reload(by));
    return this.#last;
  }

  /** Final. */
  async stop(): Promise<void> {
    await this.#watch.stop();
    await this.#last;
  }

  async #reload(by: string): Promise<void> {
    const { load, logger, assign } = this.#deps;
    try {
      const { ok, faults } = await load();
      if (ok === undefined) {
        const [first] = faults;
        const error = first === undefined ? "" : formatFault(first);
        logger.error("the configuration has faults; the old one stays in force", { by, error });
        return;
      }
      this.#remarks.say(ok.remarks);
      logger.info("configuration read again", { by, assigned: ok.assigned?.length ?? 0 });
      assign(ok.assigned ?? []);
      const { files, directories = [] } = ok;
      if (this.#deps.running.head.conserver !== undefined) this.#watch.follow({ files, directories });
    } catch (reason) {
      logger.warn("the configuration was not read again", { cause: ConfedError.from(reason).message });
    }
  }
}
