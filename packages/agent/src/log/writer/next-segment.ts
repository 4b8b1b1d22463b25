import type { LineStamps } from "./line-stamps.ts";
import type { Segment } from "./where-to-start.ts";

/** Where a log stands when it begins a segment. */
export interface Standing {
  readonly path: string;
  /** The offset of the next byte. */
  readonly next: number;
  readonly segment: Segment | undefined;
  /** How long the file was when we last knew; undefined: it is another one, or nobody knows. */
  readonly knownBytes: number | undefined;
  readonly stamps: LineStamps | undefined;
}

/** The segment that begins behind everything that is in the file, whoever wrote it. */
export function segmentBehind(fileBytes: number, { path, next, knownBytes = 0, stamps }: Standing): Segment {
  if (stamps === undefined) return { off: next, pos: fileBytes };
  const segment = stamps.begin(path, { off: next, fileBytes });
  return fileBytes < knownBytes ? { ...segment, emptied: true } : segment;
}

/**
 * The segment of a file that was emptied. Since we last looked, it took `wroteBytes`: what it holds is
 * what we wrote last. Not so, it holds something else.
 */
export function segmentWithin(fileBytes: number, standing: Standing, wroteBytes: number): Segment {
  const { path, next, segment, knownBytes = 0, stamps } = standing;
  const ofSegmentBytes = knownBytes - (segment?.pos ?? 0);
  if (fileBytes > Math.min(wroteBytes, ofSegmentBytes)) return segmentBehind(fileBytes, standing);
  if (stamps === undefined) return { off: next - fileBytes, pos: 0 };
  return stamps.beginWithin(path, { end: next, fileBytes }) ?? segmentBehind(fileBytes, standing);
}
