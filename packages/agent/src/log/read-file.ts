import { closeSync, constants, openSync, readSync } from "node:fs";

/** Up to `sizeBytes` of a plain file from `pos` on. Follows no symbolic link. Throws what the file system says. */
export function readPlain(path: string, pos: number, sizeBytes: number): Uint8Array {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const bytes = new Uint8Array(sizeBytes);
    return bytes.subarray(0, readSync(fd, bytes, 0, sizeBytes, pos));
  } finally {
    closeSync(fd);
  }
}
