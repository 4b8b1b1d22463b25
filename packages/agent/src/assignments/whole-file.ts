import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { ConfedError } from "@confed/kernel";

/**
 * A file that is only ever replaced as a whole. One write at a time, of what was said last: a disk that
 * hangs costs one thread of the pool, one text, and keeps nobody waiting.
 */
export class WholeFile {
  readonly #path: string;
  readonly #onFailure: (reason: ConfedError) => void;
  #next: string | undefined;
  #writing: Promise<void> | undefined;
  /** The last write did not get there. */
  failed = false;

  constructor(path: string, onFailure: (reason: ConfedError) => void) {
    this.#path = path;
    this.#onFailure = onFailure;
  }

  /** Returns at once. */
  write(text: string): void {
    this.#next = text;
    this.#writing ??= this.#write();
  }

  /** Resolves when nothing is left to be written, or it could not be. */
  settled(): Promise<void> {
    return this.#writing ?? Promise.resolve();
  }

  async #write(): Promise<void> {
    while (this.#next !== undefined) {
      const text = this.#next;
      this.#next = undefined;
      const fresh = `${this.#path}.${randomBytes(6).toString("hex")}.new`;
      try {
        const file = await open(fresh, "wx", 0o600);
        try {
          await file.writeFile(text);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(fresh, this.#path);
        this.failed = false;
      } catch (reason) {
        await rm(fresh, { force: true }).catch(() => undefined);
        this.failed = true;
        this.#onFailure(ConfedError.from(reason));
      }
    }
    this.#writing = undefined;
  }
}
