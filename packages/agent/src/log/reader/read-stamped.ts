import type { Stamped, Stretch } from "@confed/codecs";
import { isStamp, type ReadFile, STAMP_BYTES, walkStamped } from "../stamps.ts";
import { CLOCK_STEP_MS_MIN } from "../writer/clock-quality.ts";

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

/** A line whose stamp is not what it should be: where it is in the file. */
export interface WrongStamp {
  readonly pos: number;
  /** It is none, or it is earlier than that of the line before. */
  readonly is: "none" | "back";
}

/**
 * The first line of a stretch up to offset `to` whose stamp is none, or before that of the line before
 * although nobody says that the clock was set; undefined: there is none. Reads all of it.
 */
export function wrongStamp(
  read: ReadFile,
  { from, pos, stamped }: Pick<Stretch, "from" | "pos" | "stamped">,
  { to, mayGoBack }: { readonly to: number; readonly mayGoBack: (off: number) => boolean },
): WrongStamp | undefined {
  const readOn = inBlocks(read);
  let at = pos - STAMP_BYTES;
  let beforeMs = Number.NEGATIVE_INFINITY;
  for (let off = from; off < to; ) {
    if (at + STAMP_BYTES > (stamped?.endPos ?? 0)) return undefined;
    const stamp = readOn(at, STAMP_BYTES);
    if (stamp.byteLength < STAMP_BYTES) return undefined;
    if (!isStamp(stamp)) return { pos: at, is: "none" };
    const ms = Date.parse(Buffer.from(stamp).toString("latin1").trimEnd());
    if (beforeMs - ms > CLOCK_STEP_MS_MIN && !mayGoBack(off)) return { pos: at, is: "back" };
    beforeMs = ms;
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
