import { closeSync, constants, fchownSync, fstatSync, openSync } from "node:fs";
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
}

/**
 * Files kept open for appending, the least used closed first. Symbolic links are not followed: a
 * log is where its path says.
 */
export class OpenFiles {
  readonly #files = new LRUCache<string, OpenFile>({
    max: LOG_LIMITS.openFilesMax,
    dispose: ({ fd }) => {
      closeSync(fd);
    },
  });
  readonly #mode: number;
  readonly #gid: number | undefined;

  constructor({ mode, gid }: { readonly mode: number; readonly gid?: number | undefined }) {
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
    const file = { fd, sizeBytesAtOpen, id: fileIdOf(stat), bornMs: stat.birthtimeMs, untouched: true };
    this.#files.set(path, file);
    if (file.sizeBytesAtOpen === 0 && this.#gid !== undefined) giveToGroup(fd, this.#gid);
    return { file, fresh: true };
  }

  /** The file if it is open. */
  known(path: string): OpenFile | undefined {
    return this.#files.get(path);
  }

  /** Close one, say after an error on it. */
  drop(path: string): void {
    this.#files.delete(path);
  }

  closeAll(): void {
    this.#files.clear();
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
