import type { EventRecord } from "@confed/codecs";
import { type Arena, ArenaPool, type Cancel, type Clock, ConfedError, visitRecords } from "@confed/kernel";
import { Backlogs } from "./backlogs.ts";
import type { FedConsole } from "./fed-console.ts";
import { InFlight, type Sent } from "./in-flight.ts";
import { LogCloses } from "./log-closes.ts";
import { LOG_LIMITS } from "./log-limits.ts";
import { LogOpens } from "./log-opens.ts";
import { LogTroubles, type LogTroublesDeps } from "./log-troubles.ts";
import type { Position } from "./writer/positions-file.ts";
import type { Refused, WriterOptions, WriterReply } from "./writer-messages.ts";
import type { WriterEvents, WriterProcess } from "./writer-process.ts";

export type { FedConsole } from "./fed-console.ts";

export interface LogFeedDeps extends Pick<LogTroublesDeps, "logger" | "audit"> {
  readonly clock: Clock;
  readonly spawn: (events: WriterEvents) => WriterProcess;
}

/** A range of an arena on its way. Whoever keeps it beyond the call holds the arena. */
export interface Batch {
  readonly arena: Arena;
  readonly start: number;
  readonly end: number;
}

/**
 * The way of output from consoles to the log writer and to tails. Appending costs a memcpy; after
 * a turn of the cadence or 100 ms, or when 256 KiB wait, one range of it goes to the pipe and to whoever listens.
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
  readonly #listeners = new Set<(batch: Batch) => void>();
  readonly #sent: InFlight;
  #arena: Arena | undefined;
  #takenBytes = 0;
  #seq = 0;
  #writer: WriterProcess | undefined;
  #cancelFlush: Cancel | undefined;
  #cancelRetry: Cancel | undefined;
  #cancelLate: Cancel | undefined;
  #stopping = false;
  readonly #backlogs: Backlogs;
  readonly #opens: LogOpens;
  readonly #troubles: LogTroubles;
  #diedCount = 0;
  readonly #settling = new Set<{ readonly seq: number; readonly done: () => void }>();
  readonly #closes = new LogCloses();

  constructor(options: WriterOptions, deps: LogFeedDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#sent = new InFlight(deps.clock);
    this.#backlogs = new Backlogs({
      clock: deps.clock,
      inFlight: (number, from) => {
        this.flush();
        return this.#sent.of(number, from);
      },
      again: (number, records, final) => {
        this.#again(number, records, final);
      },
    });
    this.#troubles = new LogTroubles({ ...deps, consoles: this.#consoles });
    this.#opens = new LogOpens({
      clock: deps.clock,
      consoles: this.#consoles,
      backlogs: this.#backlogs,
      troubles: this.#troubles,
      command: (command) => this.#writer?.command(command),
    });
    this.#startWriter();
  }

  /** Age of the oldest output that the writer has not acknowledged; 0 when there is none. */
  get lagMs(): number {
    return this.#sent.lagMs;
  }

  /** Consoles whose log cannot be written now. */
  get stalledCount(): number {
    return this.#troubles.count;
  }

  /** Its log does not keep up: the disk hangs, or refuses what this console printed. */
  late(number: number): boolean {
    return this.#sent.stuck || this.#backlogs.has(number);
  }

  /** What each console may have unlogged while the log keeps up, in bytes: 64 MiB together. */
  get shareBytes(): number {
    const { inFlightBytesAll, inFlightBytesMin, inFlightBytesMax } = LOG_LIMITS;
    const fairBytes = inFlightBytesAll / Math.max(1, this.#consoles.size);
    return Math.min(inFlightBytesMax, Math.max(inFlightBytesMin, fairBytes));
  }

  /** The log keeps up, and has as much before it as memory allows: who can wait should. */
  get crowded(): boolean {
    return this.#pool.outCount >= LOG_LIMITS.arenaCountHigh && !this.#sent.stuck;
  }

  /** Open a console's log. `onOpened` comes soon: also when the log cannot be opened, see there. */
  open(number: number, console: FedConsole): void {
    this.#consoles.set(number, console);
    this.#opens.open(number);
  }

  /** Where the last owner of a console left its log: for `open`, which follows. */
  hand(position: Position): void {
    this.#opens.hand(position);
  }

  /** For logs that the process before this one left. */
  get opens(): Pick<LogOpens, "leftAt" | "closeForeign"> {
    return this.#opens;
  }

  /** Have a log writer that must not write yet get ready for these. Resolves when it is, or is gone. */
  async ahead(consoles: readonly Pick<FedConsole, "name" | "logMode">[]): Promise<void> {
    const logs = consoles.map(({ name, logMode: { path } }) => ({ name, path }));
    await this.#writer?.ahead({ do: "ahead", logs, ...this.#options });
  }

  /** These logs have other paths from now on: what was printed so far ends a file, what follows is in the new one. */
  move(numbers: readonly number[]): void {
    this.flush();
    this.#opens.openNow(numbers);
  }

  /**
   * Close a console's log cleanly at its end. Nothing of it may be appended afterwards. Resolves with
   * the position that its next owner goes on from, once that is durable; undefined: the log writer
   * died over it, or could not close it.
   */
  close(number: number): Promise<Position | undefined> {
    const console = this.#consoles.get(number);
    if (console === undefined) return Promise.resolve(undefined);
    // A writer that died a moment ago: what the console printed last still belongs on the disk.
    if (this.#writer === undefined) this.#startWriter();
    this.flush();
    this.#backlogs.offerAll(number);
    this.#writer?.command({ do: "close", consoles: [{ number, end: console.end.offset }] });
    this.#forget(number);
    return this.#closes.wait(number, console.name);
  }

  #forget(number: number): void {
    this.#backlogs.forget(number);
    this.#opens.forget(number);
    this.#troubles.forget(number);
    this.#consoles.delete(number);
  }

  /** Copy output into the arena. False: all arenas are on their way, the bytes are not kept. */
  append(number: number, offset: number, bytes: Uint8Array): boolean {
    if (this.#arena?.append(number, offset, bytes) !== true) {
      this.flush();
      this.#arena?.seal();
      this.#arena = this.#pool.take();
      this.#takenBytes = 0;
      if (this.#arena?.append(number, offset, bytes) !== true) return false;
    }
    if (this.#arena.usedBytes - this.#takenBytes >= LOG_LIMITS.flushBytes) this.flush();
    else
      this.#cancelFlush ??= this.#deps.clock.after(LOG_LIMITS.flushDelayMs, () => {
        this.#cancelFlush = undefined;
        this.flush();
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

  /** Resolves when the log has everything appended so far, or after `timeoutMs`. Never rejects. */
  settled(timeoutMs: number): Promise<void> {
    this.flush();
    if (this.#sent.empty) return Promise.resolve();
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

  /** Copies of what it printed from `from` on and the log has not. For attaches; see {@link InFlight.of}. */
  unlogged(number: number, from: number): { readonly offset: number; readonly bytes: Uint8Array }[] {
    this.flush();
    const kept = this.#backlogs.kept(number, from);
    const last = kept.at(-1);
    const flightFrom = last === undefined ? from : last.offset + last.bytes.byteLength;
    return [...kept, ...this.#sent.of(number, flightFrom)].map(({ offset, bytes }) => ({
      offset,
      bytes: bytes.slice(),
    }));
  }

  /**
   * Write everything, mark every console's end as clean, end the writer. Gives up after its time, and says
   * so. With `leave`, another writer that is told where the logs end goes on: ours writes nothing any more,
   * and its end is not waited for.
   */
  async stop({ leave = false } = {}): Promise<{ readonly late: boolean }> {
    this.#cancelRetry?.();
    if (this.#writer === undefined) this.#startWriter();
    this.#stopping = true;
    this.flush();
    this.#cancelFlush?.();
    this.#opens.close();
    this.#cancelLate?.();
    for (const number of [...this.#backlogs.numbers()]) this.#backlogs.offerAll(number);
    const consoles = [...this.#consoles].map(([number, console]) => ({ number, end: console.end.offset }));
    const { clock, logger } = this.#deps;
    const closed = this.#closes.all(this.#consoles.keys(), { clock, timeoutMs: LOG_LIMITS.stopTimeoutMs });
    if (consoles.length > 0) this.#writer?.command({ do: "close", consoles, ...(leave ? { leave } : {}) });
    const late = !(await closed);
    if (late) logger.error("the log did not take everything in time; the rest will show as a gap");
    const ended = this.#writer?.end();
    // Of two segment keepers at a time, each would pack what the other removes.
    if (late || !leave || this.#options.rotate !== undefined) await ended;
    this.#closes.giveUp();
    this.#backlogs.close();
    this.#consoles.clear();
    return { late };
  }

  /** Begin anew after `stop`, with these consoles, which go on numbering where they were. */
  restart(consoles: Iterable<FedConsole & { readonly number: number }>): void {
    this.#stopping = false;
    for (const console of consoles) this.#consoles.set(console.number, console);
    this.#startWriter();
  }

  /** Hand out now what waits for the next flush, so that what follows is only what comes later. */
  flush(): void {
    const arena = this.#arena;
    if (arena === undefined || arena.usedBytes === this.#takenBytes) return;
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const batch = { arena, start: this.#takenBytes, end: arena.usedBytes };
    const records = arena.bytes.subarray(batch.start, batch.end);
    this.#takenBytes = arena.usedBytes;
    this.#seq += 1;
    arena.hold();
    this.#sent.add({ seq: this.#seq, records, arena });
    this.#writer?.batch(this.#seq, records);
    this.#watchLag();
    for (const listener of this.#listeners) listener(batch);
  }

  #watchLag(): void {
    if (this.#sent.empty || this.#stopping) return;
    this.#cancelLate ??= this.#deps.clock.after(LOG_LIMITS.lateAfterMs, () => {
      this.#cancelLate = undefined;
      if (this.#sent.stuck) for (const console of this.#consoles.values()) console.onLogLate();
      if (this.lagMs >= LOG_LIMITS.stalledAfterMs)
        this.#troubles.writerStalled(LOG_LIMITS.stalledAfterMs / 1_000);
      this.#watchLag();
    });
  }

  #again(number: number, records: Uint8Array, final: boolean): void {
    this.#seq += 1;
    this.#sent.add({ seq: this.#seq, records, arena: undefined, number });
    this.#writer?.again(this.#seq, records, { number, final });
  }

  #acknowledge(seq: number, refused: readonly Refused[]): void {
    const refusals = new Map(refused.map((refusal) => [refusal.number, refusal]));
    for (let sent = this.#sent.answered(seq); sent !== undefined; sent = this.#sent.answered(seq)) {
      this.#answered(sent, refusals);
      sent.arena?.release();
    }
    if (this.lagMs < LOG_LIMITS.lateAfterMs) this.#troubles.writerAnswers();
    for (const waiter of this.#settling) if (waiter.seq <= seq) waiter.done();
  }

  #answered({ records, arena, number: offered }: Sent, refusals: ReadonlyMap<number, Refused>): void {
    visitRecords(records, (number, offset, bytes) => {
      const console = this.#consoles.get(number);
      if (console === undefined) return;
      const refusal = refusals.get(number);
      const loggedEnd = refusal === undefined ? Number.POSITIVE_INFINITY : (refusal.next ?? 0);
      const loggedBytes = Math.min(bytes.byteLength, Math.max(0, loggedEnd - offset));
      if (loggedBytes > 0) console.onLogged(offset, loggedBytes);
      // What was offered is kept until it is taken.
      if (loggedBytes === bytes.byteLength || arena === undefined) return;
      const rest = { offset: offset + loggedBytes, bytes: bytes.subarray(loggedBytes) };
      const droppedBytes = this.#backlogs.refused(number, rest);
      if (droppedBytes > 0) console.onDropped(droppedBytes);
    });
    if (offered === undefined) return;
    const refusal = refusals.get(offered);
    if (refusal === undefined) {
      this.#backlogs.taken(offered);
      // A writer that came after the trouble does not know that it heals.
      if (!this.#backlogs.has(offered)) this.#troubles.written(offered);
    } else this.#backlogs.refusedAgain(offered, refusal.next);
  }

  #startWriter(): void {
    this.#cancelRetry?.();
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
    this.#backlogs.writerIsNew();
    this.#opens.openNow(this.#consoles.keys());
    for (const { seq, records } of this.#sent.batches()) this.#writer.batch(seq, records);
  }

  #onDied(how: string): void {
    this.#deps.logger.error("log writer died; output is kept in memory until the next one", { how });
    this.#writer = undefined;
    this.#closes.giveUp();
    if (this.#stopping) return;
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
        this.#acknowledge(reply.seq, reply.refused ?? []);
        return;
      case "opened":
        this.#opens.opened(reply.logs);
        return;
      case "unreserved":
        this.#deps.clock.after(RESERVE_RETRY_MS, () => {
          const numbers = reply.numbers.filter((number) => this.#consoles.has(number));
          if (numbers.length > 0) this.#writer?.command({ do: "reserve", numbers });
        });
        return;
      case "reserved":
        this.#consoles.get(reply.number)?.onReserved(reply.reservedEnd);
        return;
      case "gap":
        this.#consoles.get(reply.number)?.onGap(reply.gap);
        return;
      case "failing":
        this.#opens.failing(reply, new ConfedError(reply.code, reply.message));
        return;
      case "healed":
        // What is kept for it comes first: until that is taken, what it prints may still not fit.
        if (!this.#backlogs.has(reply.number)) this.#troubles.written(reply.number);
        return;
      case "closed":
        this.#closes.closed(reply.numbers, reply.positions);
    }
  }
}

/** A writer that dies again and again is started ever later: its disk may be the reason. */
const WRITER_RETRY_MS = 100;
const WRITER_RETRY_MS_MAX = 10_000;
const RESERVE_RETRY_MS = 1_000;
