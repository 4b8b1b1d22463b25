import { fstatSync, ftruncateSync, writeSync } from "node:fs";
import { readPlain } from "../read-file.ts";
import { STAMP_BYTES, stampedText, stampOf, walkStamped } from "../stamps.ts";
import type { Appended } from "./append-run.ts";
import { commonEnd } from "./recent-output.ts";
import type { Run } from "./runs-of.ts";
import type { Segment } from "./where-to-start.ts";

/**
 * What a stamped log's file has beside output. Every segment begins with a stamp; in a file whose last
 * line is open, that line is ended first. A stamp is written with the first byte of its line, so that
 * none stands alone, and what a full disk took of one is taken back.
 */
export class LineStamps {
  /** Bytes of stamps in the segment, without what stands before its first byte. */
  #betweenBytes = 0;
  /** Of what stands before the segment's first byte and is not written yet. */
  #headBytes = 0;
  #atLineStart = false;

  /** By how much the segment's file is longer than its output. */
  get extraBytes(): number {
    return this.#headBytes > 0 ? -this.#headBytes : this.#betweenBytes;
  }

  /** Where the next byte of output will stand in a file that has `fileBytes`. */
  posOfNext(fileBytes: number): number {
    return fileBytes + (this.#headBytes > 0 ? this.#headBytes : this.#atLineStart ? STAMP_BYTES : 0);
  }

  /** The segment that begins at the end of a file. */
  begin(path: string, { off, fileBytes }: { readonly off: number; readonly fileBytes: number }): Segment {
    this.#headBytes = STAMP_BYTES + (endsInLine(path, fileBytes) ? 1 : 0);
    this.#betweenBytes = 0;
    this.#atLineStart = false;
    return { off, pos: fileBytes + this.#headBytes, head: this.#headBytes };
  }

  /**
   * Somebody cut the file, and we went on: the segment that begins with the first line that begins there
   * from which on all is `output`, which ends at offset `end`. Undefined: no line does.
   */
  beginWithin(
    path: string,
    {
      end,
      fileBytes,
      output,
    }: { readonly end: number; readonly fileBytes: number; readonly output: Uint8Array },
  ): Segment | undefined {
    if (fileBytes > WITHIN_BYTES_MAX) return undefined;
    const bytes = readPlain(path, 0, fileBytes);
    const firstPos = bytes.indexOf(LINE_FEED) + 1 + STAMP_BYTES;
    if (firstPos === STAMP_BYTES || firstPos >= bytes.byteLength) return undefined;
    const read = (at: number, sizeBytes: number) => bytes.subarray(at, at + sizeBytes);
    const lines: Uint8Array[] = [];
    const place = { off: 0, pos: firstPos, skip: 0 };
    const { off: allBytes, skip } = walkStamped(read, place, { visit: (line) => lines.push(line) > 0 });
    if (skip > 0 && skip < STAMP_BYTES) return undefined;
    const ourBytes = commonEnd(Buffer.concat(lines), output);
    let [off, pos] = [0, firstPos];
    for (const line of lines) {
      if (off >= allBytes - ourBytes) break;
      off += line.byteLength;
      pos += line.byteLength + STAMP_BYTES;
    }
    if (off === allBytes) return undefined;
    this.#headBytes = 0;
    this.#betweenBytes = bytes.byteLength - pos - (allBytes - off);
    this.#atLineStart = skip > 0;
    return { off: end - (allBytes - off), pos, head: pos, emptied: true };
  }

  /** Append a run; its lines that begin now are stamped with `nowMs`. One write, if all goes well. */
  append(fd: number, { chunks, sizeBytes }: Run, nowMs: number): Appended {
    const stamp = stampOf(nowMs);
    const first =
      this.#headBytes > 0
        ? `${this.#headBytes > STAMP_BYTES ? "\n" : ""}${stamp}`
        : this.#atLineStart
          ? stamp
          : "";
    const output =
      chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, sizeBytes);
    const { bytes, inserts } = stampedText(output, { first, stamp });
    let taken = 0;
    let fault: unknown;
    let torn = false;
    try {
      while (taken < bytes.byteLength) taken += writeSync(fd, bytes, taken);
    } catch (reason) {
      fault = reason;
      const open = inserts.find(({ at, length }) => at < taken && taken <= at + length);
      if (open !== undefined) {
        torn = !tookBack(fd, taken - open.at);
        taken = open.at;
      }
    }
    let insertedBytes = 0;
    for (const { at, length } of inserts) if (at < taken) insertedBytes += length;
    if (taken > 0) {
      this.#betweenBytes += insertedBytes - this.#headBytes;
      this.#headBytes = 0;
      this.#atLineStart = bytes[taken - 1] === LINE_FEED;
    }
    return { takenBytes: taken - insertedBytes, fault, torn };
  }
}

const LINE_FEED = 10;
/** What is read to find one's own lines in a file that was emptied; with more, the log goes on behind it. */
const WITHIN_BYTES_MAX = 1024 * 1024;

function endsInLine(path: string, fileBytes: number): boolean {
  return fileBytes > 0 && readPlain(path, fileBytes - 1, 1)[0] !== LINE_FEED;
}

function tookBack(fd: number, tornBytes: number): boolean {
  try {
    ftruncateSync(fd, fstatSync(fd).size - tornBytes);
    return true;
  } catch {
    return false;
  }
}
