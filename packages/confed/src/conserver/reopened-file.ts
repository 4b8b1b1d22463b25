import { createWriteStream } from "node:fs";
import { Writable } from "node:stream";

/** A log that others move away. */
export interface ReopenedFile {
  /** What is written here goes to the file of that name. */
  readonly stream: Writable;
  /** Open it anew by its name: what was written before stays in the old one. */
  reopen(): void;
}

/**
 * Append to a file. `onFailed` is told when it cannot be opened or written; what is said until `reopen` is lost then, for no
 * console is to wait for a log of words.
 */
export function reopenedFile(path: string, onFailed: (reason: Error) => void): ReopenedFile {
  const open = () => createWriteStream(path, { flags: "a" }).on("error", onFailed);
  let file = open();
  return {
    stream: new Writable({
      write: (chunk, _encoding, done) => {
        file.write(chunk);
        done();
      },
      final: (done) => {
        file.end(() => {
          done();
        });
      },
    }),
    reopen: () => {
      file.end();
      file = open();
    },
  };
}
