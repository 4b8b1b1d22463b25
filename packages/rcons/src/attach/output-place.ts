import type { GapReceived, OutputReceived, PositionReceived } from "@confed/wire";

/** How far the viewer has seen the console's output. */
export interface Place {
  readonly logId: string;
  readonly offset: number;
}

/** What an output message means for somebody at a place. */
export interface Advance {
  readonly place: Place;
  /** What was not seen before. */
  readonly fresh: Uint8Array;
  /** Bytes that are missing though nobody said so: a fault of the sender, shown like any gap. */
  readonly missingBytes: number;
}

const NOTHING = new Uint8Array();

/** Where an opened session begins. */
export function placeOf(position: PositionReceived): Place {
  return { logId: position.logId, offset: position.offset };
}

/** Take output in: what was seen already is cut off, what is missing is counted. Pure. */
export function advance(
  place: Place,
  { offset, endOffset, data }: Pick<OutputReceived, "offset" | "endOffset" | "data">,
): Advance {
  if (endOffset <= place.offset) return { place, fresh: NOTHING, missingBytes: 0 };
  const seenBytes = Math.max(0, place.offset - offset);
  // Where a filter stands between, data and offsets differ, and only whole messages can be judged.
  const sliceable = data.byteLength === endOffset - offset;
  return {
    place: { ...place, offset: endOffset },
    fresh: seenBytes > 0 && sliceable ? data.subarray(seenBytes) : data,
    missingBytes: Math.max(0, offset - place.offset),
  };
}

/** Where numbering goes on after a gap; in another log if the gap says so. */
export function afterGap(place: Place, gap: Pick<GapReceived, "to" | "logId">): Place {
  if (gap.logId !== "" && gap.logId !== place.logId) return { logId: gap.logId, offset: gap.to };
  return { ...place, offset: Math.max(place.offset, gap.to) };
}
