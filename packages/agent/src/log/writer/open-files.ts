import { closeSync, constants, fchownSync, fdatasyncSync, fstatSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { makeDirectory } from "@confed/kernel";
import { LRUCache } from "lru-cache";
import { fileIdOf } from "../log-files.ts";
import { LOG_LIMITS } from "../log-limits.ts";

/** An open file and how long it was when it was opened. */
export interface OpenFile {
  readonly fd: number;
  readonly sizeBytesAtOpen: number;
  readonly id: string;
  /** Wall clock; 0 where the file system does not know. */
  readonly bornMs: number;
  /** It may end in the middle of a line: nobody has written to it since it was opened. */
  untouched: boolean;
  /** What was written to it shall be on the disk before it is closed. */
  unsynced: boolean;
}

/**
 * Files kept open for appending, the least used closed first. Symbolic links are not followed: a
 * log is where its path says.
 */
export class OpenFiles {
  readonly #files = new LRUCache<string, OpenFile>({
    max: LOG_LIMITS.openFilesMax,
    dispose: (file, path) => {
      try {
        if (file.unsynced) fdatasyncSync(file.fd);
      } catch (reason) {
        this.#failed.push([path, reason]);
      }
      closeSync(file.fd);
    },
  });
  readonly #mode: number;
  readonly #gid: number | undefined;
  /** Told when the table is whole again: whoever hears it closes and opens files. */
  readonly #failed: (readonly [path: string, reason: unknown])[] = [];
  readonly #onSyncFailed: (path: string, reason: unknown) => void;

  constructor({
    mode,
    gid,
    onSyncFailed = () => undefined,
  }: {
    readonly mode: number;
    readonly gid?: number | undefined;
    readonly onSyncFailed?: (path: string, reason: unknown) => void;
  }) {
    this.#onSyncFailed = onSyncFailed;
    this.#mode = mode;
    this.#gid = gid;
  }

  /** The file, created with its directories if need be. `fresh`: it was not open before. */
  take(path: string): { readonly file: OpenFile; readonly fresh: boolean } {
    const known = this.#files.get(path);
    if (known !== undefined) return { file: known, fresh: false };
    const fd = this.#open(path);
    const stat = fstatSync(fd);
    const sizeBytesAtOpen = stat.size;
    const file = {
      fd,
      sizeBytesAtOpen,
      id: fileIdOf(stat),
      bornMs: stat.birthtimeMs,
      untouched: true,
      unsynced: false,
    };
    this.#files.set(path, file);
    this.#tellFailed();
    if (file.sizeBytesAtOpen === 0 && this.#gid !== undefined) giveToGroup(fd, this.#gid);
    return { file, fresh: true };
  }

  /** The file if it is open. */
  known(path: string): OpenFile | undefined {
    return this.#files.get(path);
  }

  /** What was written to it is on the disk when it returns. Throws what the file system says, once. */
  sync(path: string): void {
    const file = this.#files.get(path);
    if (file?.unsynced !== true) return;
    // The kernel forgets what it could not write: to ask again would be to believe it.
    file.unsynced = false;
    fdatasyncSync(file.fd);
  }

  /** Close one, say after an error on it. */
  drop(path: string): void {
    this.#files.delete(path);
    this.#tellFailed();
  }

  closeAll(): void {
    this.#files.clear();
    this.#tellFailed();
  }

  #tellFailed(): void {
    for (const [path, reason] of this.#failed.splice(0)) this.#onSyncFailed(path, reason);
  }

  #open(path: string): number {
    const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
    try {
      return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, this.#mode);
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code !== "ENOENT") throw reason;
      makeDirectory(dirname(path));
      return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, this.#mode);
    }
  }
}

function giveToGroup(fd: number, gid: number): void {
  try {
    fchownSync(fd, -1, gid);
  } catch (reason) {
    // Only root and members may: a log with the wrong group is better than none.
    if ((reason as NodeJS.ErrnoException).code !== "EPERM") throw reason;
  }
}
