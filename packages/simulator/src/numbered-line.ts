import { crc32 } from "node:zlib";
import { invariant } from "@confed/kernel";

// A numbered line proves itself:
//
//     n0001 0000000042 BCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefghijklmnopqrst 5f1c09ae\r\n
//     name  seq        filler, another for each seq                        crc32 of all before it
//
// The length is fixed, so a cut line cannot pass for a short one; the filler moves with the
// sequence number, so that a line spliced from two never fits its checksum.

const SEQ_DIGITS = 10;
const CRC_DIGITS = 8;
const CR = 13;
const LF = 10;
const SPACE = 32;

/** Cut lines from slabs of this size: one allocation per some 800 lines. */
const SLAB_BYTES = 64 * 1024;

// Printable, without the space that separates the fields; twice, to start anywhere in it.
const FILLER = Buffer.from(Array.from({ length: 64 }, (_, i) => 0x30 + i));
const FILLER_LAP = 64;

/** The shortest line that holds a name of this length and at least one byte of filler. */
export function lineBytesMin(name: string): number {
  return name.length + 1 + SEQ_DIGITS + 1 + 1 + 1 + CRC_DIGITS + 2;
}

/** Makes numbered lines. Costs about 0.9 us a line; nothing is allocated but a view. */
export interface LineMaker {
  /**
   * One line, CR LF included. The bytes are the caller's for ever: no slab is written twice, so a
   * line may wait in a socket as long as it likes.
   */
  make(marker: Uint8Array, seq: number): Buffer;
}

/** The bytes every line of a console begins with: its name and a space. */
export function lineMarker(name: string): Buffer {
  return Buffer.from(`${name} `, "latin1");
}

/** A maker for lines of exactly `lineBytes`. */
export function lineMaker(lineBytes: number): LineMaker {
  let slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, lineBytes));
  let used = 0;
  return {
    make(marker, seq) {
      if (used + lineBytes > slab.length) {
        slab = Buffer.allocUnsafeSlow(slab.length);
        used = 0;
      }
      const line = slab.subarray(used, used + lineBytes);
      used += lineBytes;
      writeLine(line, marker, seq);
      return line;
    },
  };
}

function writeLine(line: Buffer, marker: Uint8Array, seq: number): void {
  line.set(marker, 0);
  let at = marker.length + SEQ_DIGITS;
  let rest = seq;
  for (let i = 1; i <= SEQ_DIGITS; i += 1) {
    line[at - i] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  line[at] = SPACE;
  at += 1;
  const fillerEnd = line.length - 2 - CRC_DIGITS - 1;
  for (let from = seq % FILLER_LAP; at < fillerEnd; from = 0) {
    at += FILLER.copy(line, at, from, Math.min(FILLER_LAP, from + fillerEnd - at));
  }
  line[fillerEnd] = SPACE;
  let crc = crc32(line.subarray(0, fillerEnd + 1));
  for (let i = 1; i <= CRC_DIGITS; i += 1) {
    const nibble = crc & 15;
    line[line.length - 2 - i] = nibble < 10 ? 0x30 + nibble : 0x57 + nibble;
    crc >>>= 4;
  }
  line[line.length - 2] = CR;
  line[line.length - 1] = LF;
}

/**
 * Read the line that begins at `at`, its CR LF not looked at. Returns its sequence number, or
 * undefined if marker, length or checksum are not those of a line of `lineBytes`.
 */
export function readLine(
  bytes: Buffer,
  at: number,
  marker: Uint8Array,
  lineBytes: number,
): number | undefined {
  const crcAt = at + lineBytes - 2 - CRC_DIGITS;
  invariant(at >= 0 && lineBytes > marker.length, "a place for a line");
  if (crcAt + CRC_DIGITS > bytes.length) return undefined;
  for (let i = 0; i < marker.length; i += 1) if (bytes[at + i] !== marker[i]) return undefined;
  let seq = 0;
  for (let i = at + marker.length; i < at + marker.length + SEQ_DIGITS; i += 1) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    seq = seq * 10 + digit;
  }
  const crc = crc32(bytes.subarray(at, crcAt));
  for (let i = 0; i < CRC_DIGITS; i += 1) {
    const nibble = (crc >>> (28 - 4 * i)) & 15;
    if (bytes[crcAt + i] !== (nibble < 10 ? 0x30 + nibble : 0x57 + nibble)) return undefined;
  }
  return seq;
}
