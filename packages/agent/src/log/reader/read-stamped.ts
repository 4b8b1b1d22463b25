import type { Stamped, Stretch } from "@confed/codecs";
import { isStamp, type ReadFile, STAMP_BYTES, walkStamped } from "../stamps.ts";

/**
 * Up to `sizeBytes` of a stretch from offset `at` on, without its stamps; less where its file ends.
 * Reads the file from the last mark before `at`: a second of output more, or some if marks are lost.
 */
export function readStamped(
  read: ReadFile,
  { from, pos, stamped }: Pick<Stretch, "from" | "pos"> & { readonly stamped: Stamped },
  { at, sizeBytes }: { readonly at: number; readonly sizeBytes: number },
): Uint8Array {
  const mark = stamped.marks.findLast((each) => each.off <= at);
  const parts: Uint8Array[] = [];
  let leftBytes = sizeBytes;
  walkStamped(read, mark === undefined ? { off: from, pos, skip: 0 } : { ...mark, skip: 0 }, {
    endPos: stamped.endPos,
    visit: (bytes, off) => {
      const part = bytes.subarray(Math.max(0, at - off)).subarray(0, leftBytes);
      if (part.byteLength > 0) parts.push(part);
      leftBytes -= part.byteLength;
      return leftBytes > 0;
    },
  });
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

/**
 * Where in the file of a stretch a line up to offset `to` begins without a stamp; undefined: nowhere.
 * Reads all of it.
 */
export function wrongStamp(
  read: ReadFile,
  { from, pos, stamped }: Pick<Stretch, "from" | "pos" | "stamped">,
  to: number,
): number | undefined {
  const readOn = inBlocks(read);
  let at = pos - STAMP_BYTES;
  for (let off = from; off < to; ) {
    if (at + STAMP_BYTES > (stamped?.endPos ?? 0)) return undefined;
    const stamp = readOn(at, STAMP_BYTES);
    if (stamp.byteLength < STAMP_BYTES) return undefined;
    if (!isStamp(stamp)) return at;
    const line = walkStamped(
      readOn,
      { off, pos: at + STAMP_BYTES, skip: 0 },
      { visit: (bytes) => bytes.at(-1) !== LF },
    );
    if (line.off === off) return undefined;
    ({ off, pos: at } = line);
  }
  return undefined;
}

const LF = 10;
const BLOCK_BYTES = 64 * 1024;

/** What is read piece by piece, one after the other, is read from the file block by block. */
function inBlocks(read: ReadFile): ReadFile {
  let blockPos = 0;
  let block = new Uint8Array();
  return (pos, sizeBytes) => {
    const known = pos < blockPos ? new Uint8Array() : block.subarray(pos - blockPos);
    if (known.byteLength >= STAMP_BYTES) return known.subarray(0, sizeBytes);
    blockPos = pos;
    block = Uint8Array.from(read(pos, BLOCK_BYTES));
    return block.subarray(0, sizeBytes);
  };
}
