import type { LogMap } from "@confed/codecs";
import { readRange } from "./read-range.ts";

const LINE_FEED = 10;
const BLOCK_BYTES = 64 * 1024;

/**
 * The offset where the last `lines` lines before `before` begin, as tail(1) counts them: a last
 * line without its end counts, too. Looks at most `bytesMax` back; gaps are passed over.
 */
export function lastLinesStart(
  map: LogMap,
  { lines, before, bytesMax }: { readonly lines: number; readonly before: number; readonly bytesMax: number },
): number {
  const first = map.stretches[0]?.from ?? before;
  const floor = Math.max(first, before - bytesMax);
  let left = lines;
  for (let blockEnd = before; blockEnd > floor; ) {
    const blockStart = Math.max(floor, blockEnd - BLOCK_BYTES);
    const { pieces, chunks } = readRange(map, { from: blockStart, to: blockEnd, bytesMax: BLOCK_BYTES });
    let chunkAt = chunks.length;
    for (const piece of pieces.toReversed()) {
      if (piece.is === "gap") continue;
      chunkAt -= 1;
      const bytes = chunks[chunkAt] ?? new Uint8Array();
      for (
        let at = bytes.lastIndexOf(LINE_FEED);
        at !== -1;
        at = at === 0 ? -1 : bytes.lastIndexOf(LINE_FEED, at - 1)
      ) {
        const offset = piece.off + at + 1;
        // The end of the very last line begins no further one.
        if (offset === before) continue;
        left -= 1;
        if (left === 0) return offset;
      }
    }
    blockEnd = blockStart;
  }
  return floor;
}
