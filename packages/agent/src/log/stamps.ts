// A stamped log has a time before every line, for people with plain tools. Times are no output: they
// have no offsets, and whoever reads the log by its index gets the console's own bytes.

import { statSync } from "node:fs";
import { readPlain } from "./read-file.ts";

/** `2026-11-21T04:21:28.123+00:00 `, always as long. */
export const STAMP_BYTES = 30;

const LINE_FEED = 10;
const WALK_BLOCK_BYTES = 64 * 1024;
/** The last moment of the year 9999. */
const STAMP_MS_MAX = 253_402_300_799_999;
const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 $/;

/** The stamp of a line whose first byte came at `ms`; a clock beyond all years shows the nearest. */
export function stampOf(ms: number): string {
  const clamped = Math.min(Math.max(0, ms), STAMP_MS_MAX);
  return `${new Date(clamped).toISOString().slice(0, -1)}+00:00 `;
}

/** These bytes are a stamp. */
export function isStamp(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return STAMP.test(text) && !Number.isNaN(Date.parse(text.trimEnd()));
}

/** Output with stamps, as it goes into a file. */
export interface StampedText {
  readonly bytes: Buffer;
  /** Where in `bytes` something stands that is no output, and how long it is; in order. */
  readonly inserts: readonly { readonly at: number; readonly length: number }[];
}

/**
 * Put `stamp` before every line that begins in `output`, and `first` before its first byte. A line
 * ends with its line feed: what follows a lone carriage return is still the same line. Costs one
 * search for line feeds and one copy.
 */
export function stampedText(
  output: Uint8Array,
  { first, stamp }: { readonly first: string; readonly stamp: string },
): StampedText {
  const parts: Uint8Array[] = [];
  const inserts: { at: number; length: number }[] = [];
  let sizeBytes = 0;
  const insert = (text: string) => {
    if (text === "") return;
    inserts.push({ at: sizeBytes, length: text.length });
    parts.push(Buffer.from(text, "latin1"));
    sizeBytes += text.length;
  };
  for (let at = 0; at < output.byteLength; ) {
    insert(at === 0 ? first : stamp);
    const feed = output.indexOf(LINE_FEED, at);
    const line = output.subarray(at, feed === -1 ? output.byteLength : feed + 1);
    parts.push(line);
    sizeBytes += line.byteLength;
    at += line.byteLength;
  }
  return { bytes: Buffer.concat(parts, sizeBytes), inserts };
}

/** A place in a stamped file: behind `skip` bytes of a stamp, from `pos` on, comes the byte at `off`. */
export interface Place {
  readonly off: number;
  readonly pos: number;
  readonly skip: number;
}

/** Up to `sizeBytes` of a file from `pos` on; nothing where it ends. */
export type ReadFile = (pos: number, sizeBytes: number) => Uint8Array;

/**
 * Visit the output of a stamped file from a place on, line by line or a part of one at a time, until
 * the file or `endPos` is reached or `visit` says false. Returns the place behind what was visited.
 */
export function walkStamped(
  read: ReadFile,
  from: Place,
  {
    visit = () => true,
    endPos = Number.POSITIVE_INFINITY,
  }: { readonly visit?: (bytes: Uint8Array, off: number) => boolean; readonly endPos?: number } = {},
): Place {
  let { off, pos, skip } = from;
  while (pos < endPos) {
    const block = read(pos, Math.min(WALK_BLOCK_BYTES, endPos - pos));
    if (block.byteLength === 0) break;
    for (let at = 0; at < block.byteLength; ) {
      const skipped = Math.min(skip, block.byteLength - at);
      skip -= skipped;
      at += skipped;
      if (at === block.byteLength) break;
      const feed = block.indexOf(LINE_FEED, at);
      const end = feed === -1 ? block.byteLength : feed + 1;
      const goOn = visit(block.subarray(at, end), off);
      off += end - at;
      at = end;
      if (feed !== -1) skip = STAMP_BYTES;
      if (!goOn) return { off, pos: pos + at, skip };
    }
    pos += block.byteLength;
  }
  return { off, pos, skip };
}

/**
 * The offset behind the last byte of output that a plain file has. From the last mark on that is still
 * in the file, line by line: what is torn of a stamp at the end is no output.
 */
export function stampedEnd(
  path: string,
  begin: Place,
  marks: readonly { readonly off: number; readonly pos?: number | undefined }[],
): number {
  const sizeBytes = statSync(path).size;
  const last = marks.findLast(({ pos }) => pos !== undefined && pos <= sizeBytes);
  const from = last?.pos === undefined ? begin : { off: last.off, pos: last.pos, skip: 0 };
  return walkStamped((pos, length) => readPlain(path, pos, length), from).off;
}
