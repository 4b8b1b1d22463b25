import { statSync } from "node:fs";
import { dirname } from "node:path";
import type { SegmentRecord } from "@confed/codecs";
import { namesIn, segmentFileOf } from "../log-files.ts";
import type { Position } from "./positions-file.ts";
import type { LogFiles } from "./where-to-start.ts";

/**
 * What files tell of a log whose index is gone: rotated segments by their names, the file at the
 * log's path by the position. Times, events and gaps stay unknown. Nothing while there is an index.
 */
export function lostSegments(known: Position, { path, indexPath }: LogFiles): readonly SegmentRecord[] {
  const { log, off, pos, id, base = off } = known;
  if ((statSync(indexPath, { throwIfNoEntry: false })?.size ?? 0) > 0) return [];
  const rotated = namesIn(dirname(path))
    .flatMap((name) => segmentFileOf(path, name) ?? [])
    .filter((segment) => segment.logId === log && segment.base < base)
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
  const whole = off - base === pos;
  return [...rotated, { t: "seg", log, off: whole ? base : off, file: path, pos: whole ? 0 : pos, id, base }];
}
