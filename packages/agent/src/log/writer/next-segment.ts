import { readPlain } from "../read-file.ts";
import type { LineStamps } from "./line-stamps.ts";
import { commonEnd } from "./recent-output.ts";
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
 * The segment of a file that somebody cut, to nothing or to some length, and that we went on writing
 * to: `output` is what we wrote last. As much of the file's end as is just that has its offsets; what
 * stands before it is not ours to number any more.
 */
export function segmentWithin(fileBytes: number, standing: Standing, output: Uint8Array): Segment {
  const { path, next, segment, stamps } = standing;
  const ofSegment = output.subarray(Math.max(0, output.byteLength - (next - (segment?.off ?? next))));
  if (stamps !== undefined)
    return (
      stamps.beginWithin(path, { end: next, fileBytes, output: ofSegment }) ??
      segmentBehind(fileBytes, standing)
    );
  const readBytes = Math.min(fileBytes, ofSegment.byteLength);
  const ourBytes = commonEnd(readPlain(path, fileBytes - readBytes, readBytes), ofSegment);
  if (ourBytes === 0) return segmentBehind(fileBytes, standing);
  return { off: next - ourBytes, pos: fileBytes - ourBytes };
}
