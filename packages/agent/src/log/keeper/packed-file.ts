// A packed segment is a chain of gzip members (RFC 1952) or of zstd frames (RFC 8878), each of which
// holds BLOCK_BYTES of the segment, the last one less. `zcat` and `zstdcat` read it as one text; we
// read any part of it without unpacking what is before. A gzip member names its own length in an
// extra field, a zstd frame is preceded by a skippable frame that does.

import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  utimesSync,
  writeSync,
} from "node:fs";
import zlib from "node:zlib";
import { ConfedError } from "@confed/kernel";
import { LRUCache } from "lru-cache";
import { fileIdOf, type Packing } from "../log-files.ts";

type Packed = Exclude<Packing, "none">;

/** What a page of history costs to unpack at most. */
const BLOCK_BYTES = 512 * 1024;

interface Block {
  /** Of the packed data, behind what precedes it. */
  readonly at: number;
  readonly packedBytes: number;
}

/** Node has it from 22.15 on; typed for 20. */
const zstd = zlib as unknown as {
  readonly zstdCompressSync?: (bytes: Uint8Array) => Buffer;
  readonly zstdDecompressSync?: (bytes: Uint8Array) => Buffer;
};

/** Whether this Node can pack by zstd. */
export const hasZstd = zstd.zstdCompressSync !== undefined;

/**
 * Pack a segment: `path` is replaced by `path.gz` or `path.zst`. The original goes only after what
 * was written has been read again, is the same and is on the disk. Throws what the file system says.
 */
export function packFile(path: string, packing: Packed): string {
  const packedPath = `${path}${packing === "gzip" ? ".gz" : ".zst"}`;
  const temporary = `${packedPath}.new`;
  const from = openSync(path, "r");
  try {
    const stat = fstatSync(from);
    const to = openSync(temporary, "w+", stat.mode & 0o777);
    try {
      const block = Buffer.alloc(BLOCK_BYTES);
      for (let pos = 0; ; ) {
        const length = readSync(from, block, 0, BLOCK_BYTES, pos);
        if (length === 0) break;
        writeSync(to, packBlock(block.subarray(0, length), packing));
        pos += length;
      }
      fsyncSync(to);
      if (!isSame(from, to, packing))
        throw new ConfedError("data_loss", `${temporary} is not what ${path} is`);
    } finally {
      closeSync(to);
    }
    utimesSync(temporary, stat.atime, stat.mtime);
    renameSync(temporary, packedPath);
  } catch (reason) {
    rmSync(temporary, { force: true });
    throw reason;
  } finally {
    closeSync(from);
  }
  rmSync(path);
  return packedPath;
}

/** Up to `sizeBytes` of what was packed, from `pos` on. Throws "data_loss" for a damaged file. */
export function readPacked(path: string, pos: number, sizeBytes: number): Uint8Array {
  const packing = path.endsWith(".gz") ? "gzip" : "zstd";
  const fd = openSync(path, "r");
  try {
    const id = fileIdOf(fstatSync(fd));
    const blocks = tables.get(id) ?? blocksOf(fd, packing);
    tables.set(id, blocks);
    const parts: Uint8Array[] = [];
    let left = sizeBytes;
    for (let at = pos; left > 0; ) {
      const number = Math.floor(at / BLOCK_BYTES);
      const block = blocks[number];
      if (block === undefined) break;
      const key = `${id} ${number}`;
      const bytes = unpacked.get(key) ?? unpackBlock(fd, block, packing);
      unpacked.set(key, bytes);
      const part = bytes.subarray(at - number * BLOCK_BYTES, at - number * BLOCK_BYTES + left);
      if (part.byteLength === 0) break;
      parts.push(part);
      at += part.byteLength;
      left -= part.byteLength;
    }
    return Buffer.concat(parts);
  } finally {
    closeSync(fd);
  }
}

// History is read page by page: the next is mostly of the same block.
const tables = new LRUCache<string, readonly Block[]>({ max: 64 });
const unpacked = new LRUCache<string, Uint8Array>({ max: 8 });

/** RFC 1952: FEXTRA set; one subfield "CF", its four bytes the length of the deflated data. */
const GZIP_HEAD_BYTES = 20;
const GZIP_TAIL_BYTES = 8;
/** RFC 8878, 3.1.2: magic, length, and our four bytes: the length of the frame behind. */
const SKIPPABLE_MAGIC = 0x184d2a5c;
const ZSTD_HEAD_BYTES = 12;

function packBlock(bytes: Uint8Array, packing: Packed): Uint8Array {
  if (packing === "zstd") {
    const frame = zstd.zstdCompressSync?.(bytes) ?? notHere();
    const head = Buffer.alloc(ZSTD_HEAD_BYTES);
    head.writeUInt32LE(SKIPPABLE_MAGIC, 0);
    head.writeUInt32LE(4, 4);
    head.writeUInt32LE(frame.byteLength, 8);
    return Buffer.concat([head, frame]);
  }
  // Node makes the checksum and the length for us: the last eight bytes of its own gzip.
  const whole = zlib.gzipSync(bytes);
  const deflated = whole.subarray(10, -GZIP_TAIL_BYTES);
  const head = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 8, 0, 0x43, 0x46, 4, 0, 0, 0, 0, 0]);
  head.writeUInt32LE(deflated.byteLength, 16);
  return Buffer.concat([head, deflated, whole.subarray(-GZIP_TAIL_BYTES)]);
}

function blocksOf(fd: number, packing: Packed): readonly Block[] {
  const sizeBytes = fstatSync(fd).size;
  const blocks: Block[] = [];
  const headBytes = packing === "gzip" ? GZIP_HEAD_BYTES : ZSTD_HEAD_BYTES;
  const head = Buffer.alloc(headBytes);
  for (let at = 0; at < sizeBytes; ) {
    readSync(fd, head, 0, headBytes, at);
    const packedBytes =
      packing === "gzip" ? GZIP_HEAD_BYTES + head.readUInt32LE(16) + GZIP_TAIL_BYTES : head.readUInt32LE(8);
    const isOurs =
      packing === "gzip"
        ? head.readUInt16LE(0) === 0x8b1f && head.toString("latin1", 12, 14) === "CF"
        : head.readUInt32LE(0) === SKIPPABLE_MAGIC;
    if (!isOurs) throw new ConfedError("data_loss", `a packed log is damaged at byte ${at}`);
    const dataAt = packing === "gzip" ? at : at + ZSTD_HEAD_BYTES;
    const end = dataAt + packedBytes;
    if (end > sizeBytes) throw new ConfedError("data_loss", `a packed log is damaged at byte ${at}`);
    blocks.push({ at: dataAt, packedBytes });
    at = end;
  }
  return blocks;
}

function unpackBlock(fd: number, { at, packedBytes }: Block, packing: Packed): Uint8Array {
  const packed = Buffer.alloc(packedBytes);
  readSync(fd, packed, 0, packedBytes, at);
  try {
    return packing === "gzip" ? zlib.gunzipSync(packed) : (zstd.zstdDecompressSync?.(packed) ?? notHere());
  } catch (reason) {
    throw new ConfedError("data_loss", "a packed log is damaged", { cause: reason });
  }
}

function isSame(plain: number, packed: number, packing: Packed): boolean {
  const expected = Buffer.alloc(BLOCK_BYTES);
  let pos = 0;
  for (const block of blocksOf(packed, packing)) {
    const length = readSync(plain, expected, 0, BLOCK_BYTES, pos);
    if (!expected.subarray(0, length).equals(unpackBlock(packed, block, packing))) return false;
    pos += length;
  }
  return pos === fstatSync(plain).size;
}

function notHere(): never {
  throw new ConfedError("failed_precondition", "this Node has no zstd", { hint: "Node 22.15 or later has" });
}
