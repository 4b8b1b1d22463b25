import type { GapRecord } from "@confed/codecs";
import { ConfedError } from "@confed/kernel";
import type { Console } from "../console/console.ts";
import type { LogFeed } from "./log-feed.ts";
import type { LogReader } from "./reader/log-reader.ts";

/** Who wants a console's output from some offset on, up to the present. */
export interface CatchUpReader {
  readonly signal: AbortSignal;
  /** In order, without overlap. `ms`: when it came, 0 unknown. The bytes may be kept. */
  bytes(offset: number, bytes: Uint8Array, ms: number): void;
  gap(gap: GapRecord): void;
  /** Undefined: there is room for more. Else resolves when there is. */
  full(): Promise<void> | undefined;
}

export interface CatchUpDeps {
  readonly feed: LogFeed;
  readonly reader: LogReader;
}

/**
 * Deliver [from, now): from the log as far as it goes, then from the arenas. `live` is called in the
 * same turn in which the last part was delivered: nothing has been printed since, and whoever goes
 * live there has every byte once.
 *
 * History that the disk refuses becomes a gap "log-stalled": live output does not wait for a disk.
 */
export async function catchUp(
  console: Console,
  from: number,
  reader: CatchUpReader,
  { deps, live }: { readonly deps: CatchUpDeps; readonly live: () => void },
): Promise<void> {
  const { logId } = console.end;
  let at = from;
  while (!reader.signal.aborted) {
    const full = reader.full();
    if (full !== undefined) await full;
    else if (at < console.loggedEnd) at = await readPage(console, at, reader, deps.reader);
    else {
      at = fromArenas(console, at, reader, deps.feed);
      // Stopped for want of room: look again, the log may have caught up meanwhile.
      if (reader.full() !== undefined) continue;
      if (console.end.offset > at) reader.gap(notLogged(logId, at, console.end.offset));
      live();
      return;
    }
  }
}

function fromArenas(console: Console, from: number, reader: CatchUpReader, feed: LogFeed): number {
  let at = from;
  // The usual case while others flood: nothing of this console waits for the log.
  if (console.end.offset <= at) return at;
  for (const { offset, bytes } of feed.unlogged(console.number, at)) {
    if (offset > at) reader.gap(notLogged(console.end.logId, at, offset));
    reader.bytes(offset, bytes, 0);
    at = offset + bytes.byteLength;
    if (reader.full() !== undefined) break;
  }
  return at;
}

const PAGE_BYTES = 64 * 1024;

async function readPage(
  console: Console,
  from: number,
  reader: CatchUpReader,
  log: LogReader,
): Promise<number> {
  const to = console.loggedEnd;
  try {
    const range = { from, to, bytesMax: PAGE_BYTES };
    const { pieces, bytes, next } = await log.read(
      { name: console.name, logId: console.end.logId },
      range,
      reader.signal,
    );
    let taken = 0;
    for (const piece of pieces) {
      if (piece.is === "gap") reader.gap(piece.gap);
      else {
        reader.bytes(piece.off, bytes.subarray(taken, taken + piece.length), piece.ms);
        taken += piece.length;
      }
    }
    return next;
  } catch (reason) {
    // Bugs pass; what the disk says is shown as what is missing.
    if (ConfedError.from(reason).code === "canceled") return to;
    reader.gap(notLogged(console.end.logId, from, to));
    return to;
  }
}

function notLogged(log: string, off: number, to: number): GapRecord {
  return { t: "gap", log, off, to, known: true, why: "log-stalled", ms: 0 };
}
