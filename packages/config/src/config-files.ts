import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { ConfedError } from "@confed/kernel";

/**
 * How configuration is read. Real files unless a test gives others. Both reject with what
 * `ConfedError.from` understands.
 */
export interface ConfigFiles {
  /** The whole file; refuses what is longer than {@link CONFIG_FILE_BYTES_MAX} without reading it all. */
  read(path: string): Promise<Uint8Array>;
  /** The names in a directory, in any order. */
  list(directory: string): Promise<readonly string[]>;
}

/** 32 MiB: some 250,000 consoles of a line each. A file beyond that is a mistake, not a table. */
export const CONFIG_FILE_BYTES_MAX = 32 * 1024 * 1024;

/** Regular files only: a FIFO would wait for ever, a device would never end. */
export const systemFiles: ConfigFiles = {
  async read(path) {
    // O_NONBLOCK, or opening a FIFO waits for its writer before we can see that it is one.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile()) {
      const what = stat.isDirectory() ? "a directory" : "not a regular file";
      throw new ConfedError("invalid_argument", `this is ${what}`);
    }
    if (stat.size > CONFIG_FILE_BYTES_MAX) throw tooLong();
    const bytes = await file.readFile();
    if (bytes.length > CONFIG_FILE_BYTES_MAX) throw tooLong();
    return bytes;
  },
  list: (directory) => readdir(directory),
};

function tooLong(): ConfedError {
  return new ConfedError(
    "invalid_argument",
    `the file is longer than ${CONFIG_FILE_BYTES_MAX / 1024 / 1024} MiB`,
    {
      hint: "split the console table into several files and include them",
    },
  );
}
