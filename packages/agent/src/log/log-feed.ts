import { randomBytes } from "node:crypto";
import type { EventRecord, GapRecord } from "@confed/codecs";
import {
  type Arena,
  ArenaPool,
  type Cancel,
  type Clock,
  ConfedError,
  type Logger,
  visitRecords,
} from "@confed/kernel";
import { LOG_LIMITS } from "./log-limits.ts";
import type { OpenedLog, WriterOptions, WriterReply } from "./writer-messages.ts";
import type { WriterEvents, WriterProcess } from "./writer-process.ts";

/** What the feed tells a console about its log. */
export interface FedConsole {
  readonly name: string;
  /** The next offset; asked when a writer takes over from a dead one, and at the end. */
  readonly end: { readonly logId: string; readonly offset: number };
  /** Numbering may begin (once), or goes on in a log with another id. */
  onOpened(log: OpenedLog): void;
  /** `bytes` more of what was appended are with the log writer's kernel, in order. */
  onLogged(offset: number, bytes: number): void;
  onReserved(reservedEnd: number): void;
  onGap(gap: GapRecord): void;
  /** The log cannot be written, or (undefined) can again. */
  onLogTrouble(error: ConfedError | undefined): void;
}

export interface LogFeedDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly spawn: (events: WriterEvents) => WriterProcess;
}

/** A range of an arena on its way. Whoever keeps it beyond the call holds the arena. */
export interface Batch {
  readonly arena: Arena;
  readonly start: number;
  readonly end: number;
}

interface SentBatch extends Batch {
  readonly seq: number;
  readonly sentAtMs: number;
}

/**
 * The way of output from consoles to the log writer and to tails. Appending costs a memcpy; every
 * 100 ms, or when an arena is full, one range of it goes to the pipe and to whoever listens.
 * Arenas stay readable until acknowledged: replay takes from them what the files do not have yet.
 */
export class LogFeed {
  readonly #options: WriterOptions;
  readonly #deps: LogFeedDeps;
  readonly #pool = new ArenaPool({
    capacityBytes: LOG_LIMITS.arenaBytes,
    countMax: LOG_LIMITS.arenaCountMax,
  });
  readonly #consoles = new Map<number, FedConsole>();
  readonly #unopened = new Set<number>();
  /** Opens of one turn of the loop go to the writer as one command. */
  readonly #toOpen = new Set<number>();
  readonly #listeners = new Set<(batch: Batch) => void>();
  #sent: SentBatch[] = [];
  #arena: Arena | undefined;
  #takenBytes = 0;
  #seq = 0;
  #writer: WriterProcess | undefined;
  #cancelFlush: Cancel | undefined;
  #cancelRetry: Cancel | undefined;
  #diedCount = 0;
  readonly #settling = new Set<{ readonly seq: number; readonly done: () => void }>();
  #closing: { readonly numbers: Set<number>; readonly done: () => void } | undefined;

  constructor(options: WriterOptions, deps: LogFeedDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#startWriter();
  }

  /** Age of the oldest output that the writer has not acknowledged; 0 when there is none. */
  get lagMs(): number {
    const [oldest] = this.#sent;
    return oldest === undefined ? 0 : this.#deps.clock.nowMs() - oldest.sentAtMs;
  }

  get late(): boolean {
    return this.lagMs > LOG_LIMITS.lateAfterMs;
  }

  /** Open a console's log. `onOpened` comes soon: also when the log cannot be opened, see there. */
  open(number: number, console: FedConsole): void {
    this.#consoles.set(number, console);
    this.#unopened.add(number);
    this.#askOpen(number);
  }

  /** Close a console's log cleanly at its end. Nothing of it may be appended afterwards. */
  close(number: number): void {
    const console = this.#consoles.get(number);
    if (console === undefined) return;
    this.#flush();
    this.#writer?.command({ do: "close", consoles: [{ number, end: console.end.offset }] });
    this.#consoles.delete(number);
    this.#unopened.delete(number);
    this.#toOpen.delete(number);
  }

  /** Copy output into the arena. False: all arenas are on their way, the bytes are not kept. */
  append(number: number, offset: number, bytes: Uint8Array): boolean {
    if (this.#arena?.append(number, offset, bytes) !== true) {
      this.#flush();
      this.#arena?.seal();
      this.#arena = this.#pool.take();
      this.#takenBytes = 0;
      if (this.#arena?.append(number, offset, bytes) !== true) return false;
    }
    this.#cancelFlush ??= this.#deps.clock.after(LOG_LIMITS.flushDelayMs, () => {
      this.#cancelFlush = undefined;
      this.#flush();
    });
    return true;
  }

  event(number: number, event: EventRecord): void {
    this.#writer?.command({ do: "event", number, event });
  }

  reserve(number: number): void {
    this.#writer?.command({ do: "reserve", numbers: [number] });
  }

  /** Open log files anew by name: logrotate has moved them. */
  reopen(): void {
    this.#writer?.command({ do: "reopen" });
  }

  /** Be given every batch when it leaves; returns the way to stop. */
  listen(listener: (batch: Batch) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Hand out now what waits for the next flush, so that what follows is only what comes later. */
  flush(): void {
    this.#flush();
  }

  /** Resolves when the log has everything appended so far, or after `timeoutMs`. Never rejects. */
  settled(timeoutMs: number): Promise<void> {
    this.#flush();
    if (this.#sent.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter = {
        seq: this.#seq,
        done: () => {
          cancel();
          this.#settling.delete(waiter);
          resolve();
        },
      };
      const cancel = this.#deps.clock.after(timeoutMs, waiter.done);
      this.#settling.add(waiter);
    });
  }

  /**
   * Copies of what a console printed from `from` on and the log has not acknowledged, in order.
   * Walks the arenas in flight: for attaches, not for every read.
   */
  unlogged(number: number, from: number): { readonly offset: number; readonly bytes: Uint8Array }[] {
    const found: { offset: number; bytes: Uint8Array }[] = [];
    const visit = (candidate: number, offset: number, bytes: Uint8Array) => {
      if (candidate !== number || offset + bytes.byteLength <= from) return;
      const at = Math.max(offset, from);
      found.push({ offset: at, bytes: bytes.slice(at - offset) });
    };
    for (const { arena, start, end } of this.#sent) visitRecords(arena.bytes.subarray(start, end), visit);
    if (this.#arena !== undefined) {
      visitRecords(this.#arena.bytes.subarray(this.#takenBytes, this.#arena.usedBytes), visit);
    }
    return found;
  }

  /** Write everything, mark every console's end as clean, end the writer. Gives up after its time. */
  async stop(): Promise<void> {
    this.#cancelRetry?.();
    // A writer that died a moment ago: what is in memory still belongs on the disk.
    if (this.#writer === undefined) this.#startWriter();
    this.#flush();
    this.#cancelFlush?.();
    const consoles = [...this.#consoles].map(([number, console]) => ({ number, end: console.end.offset }));
    if (this.#writer !== undefined && consoles.length > 0) {
      await this.#allClosed(this.#writer, consoles);
    }
    await this.#writer?.end();
    this.#consoles.clear();
  }

  #allClosed(
    writer: WriterProcess,
    consoles: readonly { readonly number: number; readonly end: number }[],
  ): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.after(LOG_LIMITS.stopTimeoutMs, () => {
        this.#deps.logger.error("the log did not take everything in time; the rest will show as a gap");
        resolve();
      });
      const done = () => {
        cancel();
        resolve();
      };
      this.#closing = { numbers: new Set(consoles.map(({ number }) => number)), done };
      writer.command({ do: "close", consoles });
    });
  }

  #flush(): void {
    const arena = this.#arena;
    if (arena === undefined || arena.usedBytes === this.#takenBytes) return;
    const batch = { arena, start: this.#takenBytes, end: arena.usedBytes };
    this.#takenBytes = arena.usedBytes;
    this.#seq += 1;
    arena.hold();
    this.#sent.push({ ...batch, seq: this.#seq, sentAtMs: this.#deps.clock.nowMs() });
    this.#writer?.batch(this.#seq, arena.bytes.subarray(batch.start, batch.end));
    for (const listener of this.#listeners) listener(batch);
  }

  #acknowledge(seq: number): void {
    for (let [oldest] = this.#sent; oldest !== undefined && oldest.seq <= seq; [oldest] = this.#sent) {
      this.#sent.shift();
      visitRecords(oldest.arena.bytes.subarray(oldest.start, oldest.end), (number, offset, bytes) => {
        this.#consoles.get(number)?.onLogged(offset, bytes.byteLength);
      });
      oldest.arena.release();
    }
    for (const waiter of this.#settling) if (waiter.seq <= seq) waiter.done();
  }

  #askOpen(number: number): void {
    const first = this.#toOpen.size === 0;
    this.#toOpen.add(number);
    if (first)
      queueMicrotask(() => {
        this.#sendOpens();
      });
  }

  #sendOpens(): void {
    const consoles = [...this.#toOpen].flatMap((number) => {
      const console = this.#consoles.get(number);
      if (console === undefined) return [];
      const { logId, offset } = console.end;
      const log = { number, name: console.name };
      return [logId === "" ? log : { ...log, resume: { logId, offset } }];
    });
    this.#toOpen.clear();
    if (consoles.length > 0) this.#writer?.command({ do: "open", consoles });
  }

  #startWriter(): void {
    this.#writer = this.#deps.spawn({
      onReply: (reply) => {
        this.#onReply(reply);
      },
      onDied: (how) => {
        this.#onDied(how);
      },
    });
    this.#writer.command({ do: "start", ...this.#options });
    // A successor of a dead writer: every log again, then everything not acknowledged, in order.
    for (const number of this.#consoles.keys()) this.#toOpen.add(number);
    this.#sendOpens();
    for (const { seq, arena, start, end } of this.#sent)
      this.#writer.batch(seq, arena.bytes.subarray(start, end));
  }

  #onDied(how: string): void {
    this.#deps.logger.error("log writer died; output is kept in memory until the next one", { how });
    this.#writer = undefined;
    this.#closing?.done();
    this.#diedCount += 1;
    const delayMs = Math.min(WRITER_RETRY_MS_MAX, WRITER_RETRY_MS * 2 ** this.#diedCount);
    this.#cancelRetry = this.#deps.clock.after(delayMs, () => {
      this.#startWriter();
    });
  }

  #onReply(reply: WriterReply): void {
    switch (reply.tell) {
      case "ack":
        this.#diedCount = 0;
        this.#acknowledge(reply.seq);
        return;
      case "opened":
        for (const log of reply.logs) this.#opened(log);
        return;
      case "reserved":
        this.#consoles.get(reply.number)?.onReserved(reply.reservedEnd);
        return;
      case "gap":
        this.#consoles.get(reply.number)?.onGap(reply.gap);
        return;
      case "failing":
        this.#onFailing(reply.number, new ConfedError(reply.code, reply.message));
        return;
      case "healed":
        this.#consoles.get(reply.number)?.onLogTrouble(undefined);
        return;
      case "closed":
        for (const number of reply.numbers) this.#closing?.numbers.delete(number);
        if (this.#closing?.numbers.size === 0) this.#closing.done();
    }
  }

  #opened(log: OpenedLog): void {
    const console = this.#consoles.get(log.number);
    if (console === undefined) return;
    if (this.#unopened.delete(log.number)) console.onOpened(log);
    else console.onReserved(log.reservedEnd);
    console.onLogTrouble(undefined);
  }

  // A log that cannot be opened does not keep its console from working: it goes on under an id of
  // its own, and the log is tried again.
  #onFailing(number: number, error: ConfedError): void {
    const console = this.#consoles.get(number);
    if (console === undefined) return;
    console.onLogTrouble(error);
    if (!this.#unopened.delete(number)) return;
    const logId = randomBytes(8).toString("hex");
    console.onOpened({ number, logId, offset: 0, reservedEnd: Number.POSITIVE_INFINITY, path: "" });
    this.#deps.clock.after(OPEN_RETRY_MS, () => {
      if (this.#consoles.has(number)) this.#askOpen(number);
    });
  }
}

const WRITER_RETRY_MS = 100;
const WRITER_RETRY_MS_MAX = 10_000;
const OPEN_RETRY_MS = 10_000;
