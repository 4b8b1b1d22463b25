import { type Cancel, type Clock, ConfedError, type Logger } from "@confed/kernel";
import type { LocalStore } from "../store/process-store.ts";
import { STORE_LIMITS, type WrittenEntry } from "../store/store.ts";
import type { HeardEntry } from "./followed-lines.ts";
import { nameOf } from "./store-digest.ts";
import { STATEMENT_KEY, type StoredStatement } from "./stored.ts";

/** Of one commit; what is around it has room, too. */
const BATCH_BYTES_MAX = STORE_LIMITS.commitBytesMax - STORE_LIMITS.valueBytesMax - 16 * 1024;
/** A statement that says nothing new is written so often: the age that is shown after a start is wrong by no more. */
const SAME_STATEMENT_MS = 60_000;
const RETRY_MS = 5_000;

/**
 * Keeps the copy on this head's disk as new as that lets it: what is read is in memory, and nobody waits for this. What waits is
 * bounded by the store itself, for of each entry the last one counts.
 */
export class KeptCopy {
  readonly #store: LocalStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #due = new Map<string, HeardEntry>();
  #statement: StoredStatement | undefined;
  #revision = 0;
  #isStatementDue = false;
  #writtenAtMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #cancelRetry: Cancel = () => undefined;
  #isClosed = false;

  constructor(store: LocalStore, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** These have changed, and this was said of all. */
  keep(changed: readonly HeardEntry[], statement: StoredStatement, revision: number): void {
    for (const heard of changed) this.#due.set(nameOf(heard.entry), heard);
    this.#statement = statement;
    this.#revision = revision;
    this.#isStatementDue ||= changed.length > 0;
    if (this.#isStatementDue || this.#clock.nowMs() - this.#writtenAtMs >= SAME_STATEMENT_MS) this.#write();
  }

  /** Writes the last statement, so that the age is right after an orderly end. Never rejects. */
  async close(): Promise<void> {
    this.#write();
    this.#isClosed = true;
    this.#cancelRetry();
    await this.#running;
    await this.#store.close();
  }

  #write(): void {
    this.#isStatementDue = true;
    if (this.#running !== undefined || this.#statement === undefined || this.#isClosed) return;
    this.#running = this.#writeAll().then(
      () => {
        this.#running = undefined;
        if (this.#isStatementDue) this.#write();
      },
      (reason: unknown) => {
        this.#running = undefined;
        this.#logger.warn("the copy of the writing head's store cannot be kept; it is tried again", {
          cause: ConfedError.from(reason).rawMessage,
        });
        if (!this.#isClosed)
          this.#cancelRetry = this.#clock.after(RETRY_MS, () => {
            this.#write();
          });
      },
    );
  }

  // In more than one commit the copy is not whole in between: without a statement it is not used, nor taken for tampered with.
  async #writeAll(): Promise<void> {
    this.#cancelRetry();
    let batch: HeardEntry[] = [];
    try {
      do {
        batch = this.#nextBatch();
        const isLast = this.#due.size === 0;
        if (isLast) this.#isStatementDue = false;
        const statement: WrittenEntry = {
          ...{ kind: "following", key: STATEMENT_KEY, revision: this.#revision },
          value: isLast ? this.#statement : undefined,
        };
        await this.#store.adopt([...batch.map(({ entry }) => entry), statement]);
        if (isLast) this.#writtenAtMs = this.#clock.nowMs();
      } while (this.#due.size > 0);
    } catch (reason) {
      // What has come meanwhile is newer.
      for (const heard of batch) {
        const name = nameOf(heard.entry);
        if (!this.#due.has(name)) this.#due.set(name, heard);
      }
      this.#isStatementDue = true;
      throw reason;
    }
  }

  #nextBatch(): HeardEntry[] {
    const batch: HeardEntry[] = [];
    let bytes = 0;
    for (const [name, heard] of this.#due) {
      bytes += heard.sizeBytes;
      if (bytes > BATCH_BYTES_MAX && batch.length > 0) break;
      batch.push(heard);
      this.#due.delete(name);
    }
    return batch;
  }
}
