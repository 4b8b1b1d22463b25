import { type Clock, ConfedError, createBackoff, type ErrorCode, formatDuration } from "@confed/kernel";
import type { GapReceived, TailResponseReceived } from "@confed/wire";
import type { Place } from "../attach/output-place.ts";
import { timeText } from "../render/time-text.ts";
import { findPeer } from "../route/find-peer.ts";
import { peerFailure } from "../route/peer.ts";
import { type Drain, readStream } from "../route/read-stream.ts";
import { SILENCE_TEXT, SilenceWatch } from "../route/silence-watch.ts";
import type { Targets } from "../route/targets.ts";

export interface TailParts {
  readonly targets: Targets;
  readonly selection: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly out: Drain;
  /** Valid during the call. */
  readonly onOutput: (console: string, data: Uint8Array) => void;
  readonly onGap: (console: string, gap: Pick<GapReceived, "from" | "to" | "lengthKnown" | "reason">) => void;
  /** Lines of rcons itself. */
  readonly say: (line: string) => void;
}

/**
 * Failures that another head, or another try, may mend. "not_found" is one of them, once it has begun:
 * a head that has just started does not know yet what its agents have.
 */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  "head_unreachable",
  "agent_unreachable",
  "unavailable",
  "deadline_exceeded",
  "not_found",
  "canceled",
  "internal",
]);
const RETRY = { firstMs: 500, maxMs: 10_000 } as const;
/** A request that names more does not fit into a message; the others go on from now, with a gap said. */
const POSITIONS_MAX = 2_000;

/**
 * Follow the output of many consoles for ever, over as many streams as it takes, from these
 * positions where they are known. Rejects when the signal is aborted, when the first stream does not
 * come about, or when another try cannot help.
 */
export async function followTail(parts: TailParts, positions: Map<string, Place>): Promise<never> {
  const { clock, random, signal, say } = parts;
  const delayOf = createBackoff({ ...RETRY, random: () => 0.5 + random() / 2 });
  let attempt = 0;
  let begun = false as boolean;
  for (;;) {
    try {
      await oneTail(parts, positions, () => {
        if (begun && attempt > 0) say("[back]");
        begun = true;
        attempt = 0;
      });
      throw new ConfedError("unavailable", "the stream was ended");
    } catch (reason) {
      if (signal.aborted) throw ConfedError.from(signal.reason, "canceled");
      const error = ConfedError.from(reason);
      if (!begun || !PASSING.has(error.code)) throw error;
      const delayMs = delayOf(attempt);
      if (attempt === 0)
        say(`[rcons ${timeText(clock.wallTimeMs())} ${error.rawMessage}, retry ${formatDuration(delayMs)}]`);
      attempt += 1;
      await pause(clock, delayMs, signal);
    }
  }
}

async function oneTail(parts: TailParts, positions: Map<string, Place>, onBegin: () => void): Promise<void> {
  const { targets, selection, clock, signal, out } = parts;
  const peer = await findPeer(targets, { clock, signal });
  const silent = new AbortController();
  const watch = new SilenceWatch(clock, () => {
    silent.abort(new ConfedError(`${peer.role}_unreachable`, `${peer.role} ${peer.address} ${SILENCE_TEXT}`));
  });
  const giveUp = () => {
    silent.abort(signal.reason);
  };
  signal.addEventListener("abort", giveUp, { once: true });
  const consoleOf = new Map<number, string>();
  try {
    const from = Object.fromEntries([...positions].slice(-POSITIONS_MAX));
    await readStream(peer.client.tail({ selection, from }, { signal: silent.signal }), out, (message) => {
      watch.heard();
      onBegin();
      take(message, { consoleOf, positions, parts });
    });
  } catch (reason) {
    throw peerFailure(peer, reason);
  } finally {
    watch.stop();
    signal.removeEventListener("abort", giveUp);
    peer.close();
  }
}

interface TailState {
  readonly consoleOf: Map<number, string>;
  readonly positions: Map<string, Place>;
  readonly parts: TailParts;
}

function take(
  { names, batch, gap, notice }: TailResponseReceived,
  { consoleOf, positions, parts }: TailState,
): void {
  if (names) {
    for (const { number, console, start } of names.names) {
      consoleOf.set(number, console);
      if (start === null) continue;
      const known = positions.get(console);
      if (known !== undefined && known.logId === start.logId && start.offset > known.offset) {
        parts.onGap(console, {
          from: known.offset,
          to: start.offset,
          lengthKnown: true,
          reason: "READER_TOO_SLOW",
        });
      }
      positions.set(console, { logId: start.logId, offset: start.offset });
    }
  }
  if (batch) {
    let at = 0;
    batch.consoles.forEach((number, record) => {
      const sizeBytes = batch.lengths[record] ?? 0;
      const console = consoleOf.get(number);
      const place = console === undefined ? undefined : positions.get(console);
      if (console !== undefined) {
        parts.onOutput(console, batch.data.subarray(at, at + sizeBytes));
        const offset = (batch.offsets[record] ?? 0) + sizeBytes;
        if (place !== undefined) positions.set(console, { logId: place.logId, offset });
      }
      at += sizeBytes;
    });
  }
  if (gap?.gap) {
    const console = consoleOf.get(gap.number);
    if (console !== undefined) {
      parts.onGap(console, gap.gap);
      positions.set(console, {
        logId: gap.gap.logId || (positions.get(console)?.logId ?? ""),
        offset: gap.gap.to,
      });
    }
  }
  if (notice) parts.say(`[${notice.message}]`);
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal.addEventListener("abort", done, { once: true });
  });
}
