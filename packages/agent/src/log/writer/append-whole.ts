import { fstatSync, ftruncateSync, writeSync } from "node:fs";

/**
 * Append text wholly or not at all. A full disk may take part of a line without an error; what it
 * took is then taken back, so that the next line does not continue a torn one. Throws what the file
 * system says.
 */
export function appendWhole(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  let written = writeSync(fd, bytes);
  if (written === bytes.byteLength) return;
  const beforeBytes = fstatSync(fd).size - written;
  try {
    while (written < bytes.byteLength) written += writeSync(fd, bytes, written);
  } catch (reason) {
    ftruncateSync(fd, beforeBytes);
    throw reason;
  }
}
