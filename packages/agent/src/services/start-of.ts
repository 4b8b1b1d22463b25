import { ConfedError } from "@confed/kernel";
import type { Gap, OpenReceived } from "@confed/wire";
import type { Console } from "../console/console.ts";
import type { CatchUpDeps } from "../log/catch-up.ts";
import { VIEWER_LIMITS } from "../viewers/viewer-limits.ts";

/** Where a viewer begins, and what it has to be told it does not get. */
export interface Start {
  readonly offset: number;
  readonly gaps: readonly Gap[];
}

/**
 * Where a fresh viewer begins: at its last position, so many lines back, or now. A position that
 * means nothing here, or lies too far back to be shown, is answered with a gap, never silently.
 * Throws "invalid_argument" for an offset that is none.
 */
export async function startOf(
  open: Pick<OpenReceived, "start" | "from" | "replayLines">,
  console: Console,
  { feed, reader, signal }: CatchUpDeps & { readonly signal: AbortSignal },
): Promise<Start> {
  if (open.start === "replayLines" && open.replayLines !== undefined && open.replayLines > 0) {
    const lines = Math.min(open.replayLines, VIEWER_LIMITS.replayLinesMax);
    await feed.settled(SETTLE_MS);
    return { offset: await lastLines(console, lines, { reader, signal }), gaps: [] };
  }
  const { logId, offset: end } = console.end;
  if (!open.from) return { offset: end, gaps: [] };
  const { offset } = open.from;
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new ConfedError("invalid_argument", `${offset} is not an offset`, { subject: "from" });
  }
  if (open.from.logId !== logId || offset > end) {
    // Another numbering: what was missed in between cannot be known.
    const gap: Gap = { from: end, to: end, lengthKnown: false, reason: "LOG_RESET", logId };
    return { offset: end, gaps: [gap] };
  }
  const earliest = end - VIEWER_LIMITS.replayBytesMax;
  if (offset >= earliest) return { offset, gaps: [] };
  const gap: Gap = { from: offset, to: earliest, lengthKnown: true, reason: "READER_TOO_SLOW", logId };
  return { offset: earliest, gaps: [gap] };
}

/** How long a replay waits for the log to have everything; then it shows what there is. */
const SETTLE_MS = 500;

async function lastLines(
  console: Console,
  lines: number,
  { reader, signal }: { readonly reader: CatchUpDeps["reader"]; readonly signal: AbortSignal },
): Promise<number> {
  const before = console.loggedEnd;
  const earliest = Math.max(0, before - VIEWER_LIMITS.replayBytesMax);
  try {
    const log = { name: console.name, logId: console.end.logId };
    return Math.max(earliest, (await reader.lastLines(log, { lines, before }, signal)) ?? before);
  } catch (reason) {
    // The disk does not answer: the viewer begins at what is still in memory.
    ConfedError.from(reason);
    return before;
  }
}
