import { type Cancel, type Clock, ConfedError, visitRecords } from "@confed/kernel";
import { holds, verbSet } from "@confed/trust";
import type { Audit } from "@confed/trust/audit";
import { type Outlet, type TailRequestReceived, type TailResponse, toDetail } from "@confed/wire";
import type { Access, Grant } from "../access/access.ts";
import type { Console } from "../console/console.ts";
import { type ConsoleTable, type Listed, selects } from "../console/console-table.ts";
import { type CatchUpDeps, catchUp } from "../log/catch-up.ts";
import type { Batch } from "../log/log-feed.ts";
import { VIEWER_LIMITS } from "../viewers/viewer-limits.ts";
import { BatchBuilder } from "./batch-builder.ts";
import { fullness } from "./fullness.ts";
import { gapMessage } from "./gap-message.ts";

export interface TailDeps extends CatchUpDeps {
  readonly table: ConsoleTable;
  readonly clock: Clock;
  readonly timers: Pick<Clock, "after">;
  readonly access: Pick<Access, "watch">;
  readonly audit: Pick<Audit, "event">;
}

/** One console in a tail: its number on this stream and the offset that comes next. */
interface Tailed {
  readonly console: Console;
  readonly number: number;
  logId: string;
  next: number;
  /** `over`: removed, or not selected any more. */
  is: "beginning" | "live" | "over";
}

/**
 * Output of many consoles on one stream, in the batches in which it leaves the arenas. Costs a walk
 * over each batch and a copy of what was asked for. A receiver that does not read gets gaps: the
 * bytes are in the logs, and it can ask for them by position.
 */
export class TailStream {
  readonly #outlet: Outlet<TailResponse>;
  readonly #grant: Grant;
  readonly #deps: TailDeps;
  /** By the numbers of the consoles, which arenas carry, and by name. */
  readonly #tailed = new Map<number, Tailed>();
  readonly #named = new Map<string, Tailed>();
  readonly #builder: BatchBuilder;
  /** Batches were passed over since the last mark. */
  #passedOver = false;
  #selection = "";
  #numberLast = 0;
  #stop: () => void = () => undefined;
  #stopMembers: () => void = () => undefined;
  #stopAccess: () => void = () => undefined;
  #cancelBeat: Cancel = () => undefined;

  constructor(outlet: Outlet<TailResponse>, grant: Grant, deps: TailDeps) {
    this.#outlet = outlet;
    this.#grant = grant;
    this.#deps = deps;
    this.#builder = new BatchBuilder((batch) => {
      outlet.send({ batch });
    });
  }

  /** Begin. Throws "invalid_argument" for a selection that cannot be read; nothing was begun then. */
  start(request: TailRequestReceived): void {
    const { feed, table } = this.#deps;
    const { found, unknown } = table.select(request.selection, (listed) => this.#may(listed));
    for (const error of unknown) this.#outlet.send({ notice: toDetail(error) });
    const { subject } = this.#grant;
    this.#deps.audit.event({ event: "log.follow", subject, text: request.selection || "*" });
    // What was printed before now and still waits in the arena belongs to the past.
    feed.flush();
    this.#stop = feed.listen((batch) => {
      this.#batch(batch);
    });
    this.#outlet.signal.addEventListener("abort", () => {
      this.#over();
    });
    this.#selection = request.selection;
    for (const listed of found) void this.#begin(listed, request.from[listed.name]);
    this.#stopMembers = table.watchMembers((name) => {
      this.#memberChanged(name);
    });
    this.#stopAccess = this.#deps.access.watch(() => {
      this.#accessChanged();
    });
    this.#beat();
  }

  #may(listed: Listed): boolean {
    return holds(this.#grant.verbsOn(listed), VIEW);
  }

  // Who may do what has changed: what is shown changes with it, and without any right it ends.
  #accessChanged(): void {
    const { ended } = this.#grant;
    if (ended !== undefined) this.#outlet.end(ended);
    else for (const { name } of this.#deps.table.all()) this.#memberChanged(name);
  }

  // After a reload: what the selection means now.
  #memberChanged(name: string): void {
    const listed = this.#deps.table.find(name);
    const known = this.#named.get(name);
    const wanted =
      listed !== undefined && selects(this.#selection, listed) && this.#may(listed) ? listed : undefined;
    if (known !== undefined && known.console !== wanted?.console) {
      this.#named.delete(name);
      // The last words of one that is removed may still be on their way.
      if (!known.console.removed) this.#end(known);
      else
        void known.console.released.then(() => {
          this.#end(known);
        });
    }
    if (wanted !== undefined && !this.#named.has(name)) void this.#begin(wanted, undefined);
  }

  #end(tailed: Tailed): void {
    this.#deps.feed.flush();
    tailed.is = "over";
    this.#tailed.delete(tailed.console.number);
    if (!this.#outlet.signal.aborted) this.#outlet.send({ names: { ended: [tailed.number] } });
  }

  async #begin(
    { console }: Listed,
    from: { readonly logId: string; readonly offset: number } | undefined,
  ): Promise<void> {
    this.#numberLast += 1;
    const number = this.#numberLast;
    const tailed: Tailed = { console, number, logId: "", next: 0, is: "beginning" };
    this.#named.set(console.name, tailed);
    await console.output.numbered;
    if (isOver(tailed) || console.removed) return;
    const { logId, offset: end } = console.end;
    const known = from?.logId === logId && Number.isSafeInteger(from.offset) && from.offset <= end;
    const start = known ? from.offset : end;
    Object.assign(tailed, { logId, next: start });
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
          if (isOver(tailed)) return;
          this.#builder.add(number, offset, bytes);
          tailed.next = offset + bytes.byteLength;
        },
        gap: (gap) => {
          if (isOver(tailed)) return;
          this.#builder.flush();
          this.#outlet.send({ gap: { number, gap: gapMessage(gap, logId) } });
          tailed.next = gap.to;
        },
        full: () => this.#full(),
      },
      {
        deps: this.#deps,
        live: () => {
          this.#builder.flush();
          if (!isOver(tailed)) tailed.is = "live";
        },
      },
    );
  }

  #full(): Promise<void> | undefined {
    this.#builder.flush();
    return fullness(this.#outlet);
  }

  #batch({ arena, start, end }: Batch): void {
    // Behind by its bound: records are passed over, and show as gaps when the next ones are sent.
    if (this.#outlet.backlogBytes > VIEWER_LIMITS.backlogBytesMax) {
      this.#passedOver = true;
      return;
    }
    visitRecords(arena.bytes.subarray(start, end), (consoleNumber, offset, bytes) => {
      const tailed = this.#tailed.get(consoleNumber);
      if (tailed?.is !== "live" || offset + bytes.byteLength <= tailed.next) return;
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

  // A console that fell silent after it was passed over has no next record to show the gap.
  #markPassedOver(): void {
    if (!this.#passedOver || this.#outlet.backlogBytes > VIEWER_LIMITS.backlogBytesMax) return;
    this.#passedOver = false;
    this.#deps.feed.flush();
    for (const tailed of this.#tailed.values()) {
      const { offset } = tailed.console.end;
      if (tailed.is !== "live" || offset <= tailed.next) continue;
      this.#skipped(tailed, offset);
      tailed.next = offset;
    }
  }

  #beat(): void {
    this.#cancelBeat = this.#deps.timers.after(VIEWER_LIMITS.heartbeatMs, () => {
      this.#outlet.send({ heartbeat: { wallTimeMs: this.#deps.clock.wallTimeMs() } });
      this.#markPassedOver();
      this.#beat();
    });
  }

  #over(): void {
    this.#stop();
    this.#stopMembers();
    this.#stopAccess();
    this.#cancelBeat();
  }
}

// A function, because what is awaited in between changes it.
function isOver({ is }: Tailed): boolean {
  return is === "over";
}

const VIEW = verbSet(["view"]);

/** Serve a tail: it ends when the receiver goes, or at once if the selection cannot be read. */
export function serveTail(
  request: TailRequestReceived,
  outlet: Outlet<TailResponse>,
  grant: Grant,
  deps: TailDeps,
): void {
  try {
    // Its listeners keep it alive as long as its stream.
    new TailStream(outlet, grant, deps).start(request);
  } catch (reason) {
    outlet.end(ConfedError.from(reason));
  }
}
