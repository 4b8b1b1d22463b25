import { type Cancel, type Clock, ConfedError, visitRecords } from "@confed/kernel";
import { type Outlet, type TailRequestReceived, type TailResponse, toDetail } from "@confed/wire";
import type { ConsoleTable, Listed } from "../console/console-table.ts";
import { type CatchUpDeps, catchUp } from "../log/catch-up.ts";
import type { Batch } from "../log/log-feed.ts";
import { VIEWER_LIMITS } from "../viewers/viewer-limits.ts";
import { BatchBuilder } from "./batch-builder.ts";
import { gapMessage } from "./gap-message.ts";

export interface TailDeps extends CatchUpDeps {
  readonly table: ConsoleTable;
  readonly clock: Clock;
  readonly timers: Pick<Clock, "after">;
}

/** One console in a tail: its number on this stream and the offset that comes next. */
interface Tailed {
  readonly number: number;
  readonly logId: string;
  next: number;
  live: boolean;
}

/**
 * Output of many consoles on one stream, in the batches in which it leaves the arenas. Costs a walk
 * over each batch and a copy of what was asked for. A receiver that does not read gets gaps: the
 * bytes are in the logs, and it can ask for them by position.
 */
export class TailStream {
  readonly #outlet: Outlet<TailResponse>;
  readonly #deps: TailDeps;
  readonly #tailed = new Map<number, Tailed>();
  readonly #builder: BatchBuilder;
  #stop: () => void = () => undefined;
  #cancelBeat: Cancel = () => undefined;

  constructor(outlet: Outlet<TailResponse>, deps: TailDeps) {
    this.#outlet = outlet;
    this.#deps = deps;
    this.#builder = new BatchBuilder((batch) => {
      outlet.send({ batch });
    });
  }

  /** Begin. Throws "invalid_argument" for a selection that cannot be read; nothing was begun then. */
  start(request: TailRequestReceived): void {
    const { feed, table } = this.#deps;
    const { found, unknown } = table.select(request.selection);
    for (const error of unknown) this.#outlet.send({ notice: toDetail(error) });
    // What was printed before now and still waits in the arena belongs to the past.
    feed.flush();
    this.#stop = feed.listen((batch) => {
      this.#batch(batch);
    });
    this.#outlet.signal.addEventListener("abort", () => {
      this.#over();
    });
    found.forEach((listed, at) => {
      void this.#begin(listed, at + 1, request.from[listed.name]);
    });
    this.#beat();
  }

  async #begin(
    { console }: Listed,
    number: number,
    from: { readonly logId: string; readonly offset: number } | undefined,
  ): Promise<void> {
    await console.numbered;
    const { logId, offset: end } = console.end;
    const known = from?.logId === logId && Number.isSafeInteger(from.offset) && from.offset <= end;
    const start = known ? from.offset : end;
    const tailed: Tailed = { number, logId, next: start, live: false };
    this.#outlet.send({
      names: { names: [{ number, console: console.name, start: { logId, offset: start } }] },
    });
    if (from !== undefined && !known) {
      this.#outlet.send({ gap: { number, gap: { from: end, to: end, reason: "LOG_RESET", logId } } });
    }
    this.#tailed.set(console.number, tailed);
    await catchUp(
      console,
      start,
      {
        signal: this.#outlet.signal,
        bytes: (offset, bytes) => {
          this.#builder.add(number, offset, bytes);
          tailed.next = offset + bytes.byteLength;
        },
        gap: (gap) => {
          this.#builder.flush();
          this.#outlet.send({ gap: { number, gap: gapMessage(gap, logId) } });
          tailed.next = gap.to;
        },
        room: () => this.#room(),
      },
      {
        deps: this.#deps,
        live: () => {
          this.#builder.flush();
          tailed.live = true;
        },
      },
    );
  }

  #room(): Promise<void> {
    this.#builder.flush();
    return this.#outlet.backlogBytes > VIEWER_LIMITS.backlogBytesMax / 2
      ? this.#outlet.drained()
      : Promise.resolve();
  }

  #batch({ arena, start, end }: Batch): void {
    // Behind by its bound: records are passed over, and show as gaps when the next ones are sent.
    if (this.#outlet.backlogBytes > VIEWER_LIMITS.backlogBytesMax) return;
    visitRecords(arena.bytes.subarray(start, end), (consoleNumber, offset, bytes) => {
      const tailed = this.#tailed.get(consoleNumber);
      if (tailed?.live !== true || offset + bytes.byteLength <= tailed.next) return;
      if (offset > tailed.next) this.#skipped(tailed, offset);
      const at = Math.max(offset, tailed.next);
      this.#builder.add(tailed.number, at, bytes.subarray(at - offset));
      tailed.next = offset + bytes.byteLength;
    });
    this.#builder.flush();
  }

  #skipped({ number, next, logId }: Tailed, to: number): void {
    this.#builder.flush();
    const gap = { from: next, to, lengthKnown: true, reason: "READER_TOO_SLOW", logId } as const;
    this.#outlet.send({ gap: { number, gap } });
  }

  #beat(): void {
    this.#cancelBeat = this.#deps.timers.after(VIEWER_LIMITS.heartbeatMs, () => {
      this.#outlet.send({ heartbeat: { wallTimeMs: this.#deps.clock.wallTimeMs() } });
      this.#beat();
    });
  }

  #over(): void {
    this.#stop();
    this.#cancelBeat();
  }
}

/** Serve a tail: it ends when the receiver goes, or at once if the selection cannot be read. */
export function serveTail(request: TailRequestReceived, outlet: Outlet<TailResponse>, deps: TailDeps): void {
  try {
    // Its listeners keep it alive as long as its stream.
    new TailStream(outlet, deps).start(request);
  } catch (reason) {
    outlet.end(ConfedError.from(reason));
  }
}
