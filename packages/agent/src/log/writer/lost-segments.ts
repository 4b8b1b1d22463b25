import { statSync } from "node:fs";
import { dirname } from "node:path";
import type { SegmentRecord } from "@confed/codecs";
import { readPacked } from "../keeper/packed-file.ts";
import { namesIn, segmentFileOf } from "../log-files.ts";
import { readPlain } from "../read-file.ts";
import type { Position } from "./positions-file.ts";
import { beginsWithStamp, type LogFiles } from "./where-to-start.ts";

/**
 * What files tell of a log whose index is gone: rotated segments by their names, the file at the
 * log's path by the position. Times, events and gaps stay unknown, and what is in stamped segments but the last. Nothing while there is an index.
 */
export function lostSegments(known: Position, { path, indexPath }: LogFiles): readonly SegmentRecord[] {
  const { log, off, pos, id, head, base = off } = known;
  if ((statSync(indexPath, { throwIfNoEntry: false })?.size ?? 0) > 0) return [];
  const rotated = namesIn(dirname(path))
    .flatMap((name) => segmentFileOf(path, name) ?? [])
    .filter((segment) => segment.logId === log && segment.base < base)
    // Where a line went on behind a stop, or a gap, nobody knows any more.
    .filter(
      ({ path: segment, packing }) =>
        !beginsWithStamp((at, n) => (packing === "none" ? readPlain : readPacked)(segment, at, n)),
    )
    .sort((a, b) => a.base - b.base)
    // The file itself is found by the name that its base gives it.
    .map(
      (segment): SegmentRecord => ({
        t: "seg",
        log,
        off: segment.base,
        file: path,
        pos: 0,
        id: "",
        base: segment.base,
      }),
    );
  if (known.file !== path || id === undefined) return rotated;
  // Without a hole since its beginning, all of the file is ours.
  const whole = head === undefined && off - base === pos;
  return [
    ...rotated,
    { t: "seg", log, off: whole ? base : off, file: path, pos: whole ? 0 : pos, id, base, head },
  ];
}
