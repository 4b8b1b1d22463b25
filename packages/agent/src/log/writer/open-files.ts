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
  /** Another process still has it: not ours to write to yet. */
  ahead: boolean;
  /** What was written to it shall be on the disk before it is closed. */
  unsynced: boolean;
  closed: boolean;
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
      file.closed = true;
      closeSync(file.fd);
    },
  });
  readonly #mode: number;
  readonly #gid: number | undefined;
  /** Told when the table is whole again: whoever hears it closes and opens files. */
  readonly #failed: (readonly [path: string, reason: unknown])[] = [];
  /** Whoever owns the table now. */
  onSyncFailed: (path: string, reason: unknown) => void = () => undefined;

  constructor({
    mode,
    gid,
  }: {
    readonly mode: number;
    readonly gid?: number | undefined;
  }) {
    this.#mode = mode;
    this.#gid = gid;
  }

  /** The file, created with its directories if need be. `fresh`: it was not open before. */
  take(path: string): { readonly file: OpenFile; readonly fresh: boolean } {
    const known = this.#files.get(path);
    if (known?.ahead === false) return { file: known, fresh: false };
    if (known?.ahead === true) this.#files.delete(path);
    const file = openedAt(this.#open(path));
    const { fd } = file;
    this.#files.set(path, file);
    this.#tellFailed();
    if (file.sizeBytesAtOpen === 0 && this.#gid !== undefined) giveToGroup(fd, this.#gid);
    return { file, fresh: true };
  }

  /**
   * Whether who took it may go on with it without asking for it by its path. While there is room for more,
   * nobody need know which was used last.
   */
  keeps({ closed }: OpenFile): boolean {
    return !closed && this.#files.size < this.#files.max;
  }

  /** The file if it is open. */
  known(path: string): OpenFile | undefined {
    const file = this.#files.get(path);
    return file?.ahead === true ? undefined : file;
  }

  /** Open it, if it is there, while another process still writes to it. */
  openAhead(path: string): void {
    try {
      const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
      this.#files.set(path, { ...openedAt(fd), ahead: true });
    } catch {
      // Whoever takes it makes it, or is told why it cannot be opened.
    }
  }

  /**
   * The other process has let go of it: what was opened ahead is as if we had written it. False if it was
   * not, or is another file than that one wrote to.
   */
  goOn(path: string, id?: string): boolean {
    const file = this.#files.get(path);
    if (file?.ahead !== true || (id !== undefined && file.id !== id)) return false;
    file.ahead = false;
    return true;
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
    for (const [path, reason] of this.#failed.splice(0)) this.onSyncFailed(path, reason);
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

function openedAt(fd: number): OpenFile {
  const stat = fstatSync(fd);
  return {
    ...{ fd, sizeBytesAtOpen: stat.size, id: fileIdOf(stat), bornMs: stat.birthtimeMs },
    ...{ untouched: true, ahead: false, unsynced: false, closed: false },
  };
}

function giveToGroup(fd: number, gid: number): void {
  try {
    fchownSync(fd, -1, gid);
  } catch (reason) {
    // Only root and members may: a log with the wrong group is better than none.
    if ((reason as NodeJS.ErrnoException).code !== "EPERM") throw reason;
  }
}
