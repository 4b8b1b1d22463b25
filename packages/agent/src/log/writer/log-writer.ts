import type { EventRecord } from "@confed/codecs";
import { type Clock, ConfedError, systemClock, visitRecords } from "@confed/kernel";
import { pathOfLog } from "../log-path.ts";
import type {
  OpenedLog,
  OpenLog,
  Refused,
  WriterCommand,
  WriterOptions,
  WriterReply,
} from "../writer-messages.ts";
import { type Ahead, nothingAhead } from "./ahead.ts";
import { ConsoleLog } from "./console-log.ts";
import { FailingLogs } from "./failing-logs.ts";
import type { IndexReserve } from "./index-reserve.ts";
import { IndexRoom } from "./index-room.ts";
import { Journal } from "./journal.ts";
import { LogContext, type SharedLogDeps } from "./log-context.ts";
import { LogFolder } from "./log-folder.ts";
import type { OpenFiles } from "./open-files.ts";
import { openReserve } from "./open-reserve.ts";
import { laterOf, type Position, PositionsFile, positionsPathOf } from "./positions-file.ts";
import { RecentOutput } from "./recent-output.ts";
import type { Vouched } from "./replay-journal.ts";
import type { Piece } from "./runs-of.ts";
import { UnsettledLogs } from "./unsettled-logs.ts";
import { vouchedBy } from "./vouched-by.ts";

export interface LogWriterDeps {
  readonly wallTimeMs: () => number;
  readonly monotonicMs: () => number;
  readonly reply: (reply: WriterReply) => void;
  readonly onRotated?: ((segment: string, log: string) => void) | undefined;
  /** What was read and opened before; ours now. */
  readonly ahead?: Ahead | undefined;
  /** All logs are another writer's: this one touches nothing any more. */
  readonly onLeft?: (() => void) | undefined;
  /** Something that concerns no console alone. */
  readonly onTrouble?: ((text: string) => void) | undefined;
  /** For the journal, if any console has one, and for looking after logs that fell silent. */
  readonly clock?: Pick<Clock, "after" | "nowMs"> | undefined;
}

/**
 * All logs of one shard, in a process of its own: whatever the disk does, only this process waits
 * for it. Blocking calls on purpose: they keep order by themselves, and there is nobody else here
 * to be kept waiting.
 */
export class LogWriter {
  readonly #options: WriterOptions;
  readonly #deps: LogWriterDeps;
  readonly #positions: PositionsFile;
  readonly #logs: OpenFiles;
  readonly #indexes: OpenFiles;
  readonly #consoles = new Map<number, ConsoleLog>();
  readonly #failing: FailingLogs;
  readonly #vouched: ReadonlyMap<string, Vouched>;
  /** Undefined: whoever hangs may have it open. */
  readonly #indexReserve: IndexReserve | undefined;
  readonly #indexRoom: IndexRoom;
  readonly #shared: SharedLogDeps;
  readonly #folders: Map<string, LogFolder>;
  readonly #recent = new RecentOutput();
  /** Made for the first console that wants one. */
  #journal: Journal | undefined;
  readonly #unsettled: UnsettledLogs;
  // Reused from batch to batch: one list per console that printed.
  readonly #pieces = new Map<number, Piece[]>();

  /** Throws when the state directory cannot be used. */
  constructor(options: WriterOptions, gid: number | undefined, deps: LogWriterDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#failing = new FailingLogs(deps.reply);
    const { ahead = nothingAhead(options, gid) } = deps;
    const positionsPath = positionsPathOf(options.positionsDir ?? options.stateDir);
    this.#positions = new PositionsFile(positionsPath, ahead.positions);
    this.#unsettled = new UnsettledLogs({
      clock: deps.clock ?? systemClock,
      positions: this.#positions,
      onAllSettled: () => {
        this.#recent.clear();
      },
    });
    const onSyncFailed = (path: string, reason: unknown) => {
      for (const console of this.#consoles.values()) if (console.uses(path)) console.lost(reason);
    };
    ({ logs: this.#logs, indexes: this.#indexes, folders: this.#folders } = ahead);
    for (const files of [this.#logs, this.#indexes]) files.onSyncFailed = onSyncFailed;
    this.#indexRoom = new IndexRoom(deps);
    this.#indexReserve = options.leaveFiles === true ? undefined : openReserve(options);
    // Whoever hangs may have its journal open: the next start looks at it.
    this.#vouched =
      options.leaveFiles === true
        ? new Map()
        : vouchedBy(options, this.#positions, (text, reason) => {
            this.#trouble(text, reason);
          });
    this.#shared = {
      ...deps,
      options,
      logs: this.#logs,
      indexes: this.#indexes,
      reserve: this.#indexReserve,
      vouched: this.#vouched,
      onIndex: this.#indexRoom.onIndex,
      folderOf: (path) => this.#folderOf(path),
      recent: (number, end) => this.#recent.before(number, end),
      toJournal: (number, record) => this.#journal?.note(number, record),
    };
  }

  get #journalDir(): string {
    return this.#options.positionsDir ?? this.#options.stateDir;
  }

  #trouble(text: string, reason: unknown): void {
    this.#deps.onTrouble?.(`${text}: ${ConfedError.from(reason, "unavailable").rawMessage}`);
  }

  do(command: Exclude<WriterCommand, { do: "start" | "ahead" }>): void {
    switch (command.do) {
      case "open":
        this.#open(command.consoles);
        return;
      case "close":
        this.#close(command.consoles, command.leave === true);
        return;
      case "begin":
        for (const number of command.numbers) this.#begin(number);
        return;
      case "event":
        this.#note(command.number, command.event);
        return;
      case "reserve":
        this.#reserve(command.numbers);
        return;
      case "reopen":
        this.#logs.closeAll();
        this.#indexes.closeAll();
    }
  }

  /** Append a batch of arena records and acknowledge it. Costs one write per console that printed. */
  batch(seq: number, records: Uint8Array): void {
    visitRecords(records, (number, offset, bytes) => {
      const pieces = this.#pieces.get(number);
      if (pieces === undefined) this.#pieces.set(number, [{ offset, bytes }]);
      else pieces.push({ offset, bytes });
    });
    this.#recent.add(records);
    const refused: Refused[] = [];
    const journalFault = this.#toJournal(this.#pieces);
    for (const [number, pieces] of this.#pieces) {
      const console = this.#consoles.get(number);
      if (console === undefined) refused.push({ number });
      else if (console.behind) refused.push({ number, next: console.next });
      else if (!this.#append(number, console, pieces, journalFault))
        refused.push({ number, next: console.next });
      else this.#failing.healed(number);
    }
    this.#pieces.clear();
    this.#unsettled.recordMoves();
    this.#deps.reply(refused.length === 0 ? { tell: "ack", seq } : { tell: "ack", seq, refused });
  }

  /** Append what was refused before; with `final`, the console's plain batches are taken again. */
  again(
    seq: number,
    records: Uint8Array,
    { number, final }: { readonly number: number; readonly final: boolean },
  ): void {
    const pieces: Piece[] = [];
    visitRecords(records, (_number, offset, bytes) => pieces.push({ offset, bytes }));
    this.#recent.add(records);
    const console = this.#consoles.get(number);
    const journalFault = this.#toJournal([[number, pieces]]);
    const taken = console !== undefined && this.#append(number, console, pieces, journalFault);
    if (taken) {
      console.behind = !final;
      if (final) this.#failing.healed(number);
    }
    this.#unsettled.recordMoves();
    this.#deps.reply(
      taken
        ? { tell: "ack", seq }
        : {
            tell: "ack",
            seq,
            refused: [console === undefined ? { number } : { number, next: console.next }],
          },
    );
  }

  /** Close what is still open as after an unclean stop: the agent did not say where it ended. */
  end(): void {
    this.#unsettled.close();
    this.#journal?.close();
    this.#logs.closeAll();
    this.#indexes.closeAll();
    this.#positions.close();
    this.#indexReserve?.close();
  }

  // First the journal, for all consoles at once: what a log has is never more than the journal knows.
  // Returns why it cannot be written; costs nothing where there is none.
  #toJournal(printed: Iterable<readonly [number, readonly Piece[]]>): ConfedError | undefined {
    try {
      this.#journal?.bytes(printed);
      return undefined;
    } catch (reason) {
      return ConfedError.from(reason, "unavailable");
    }
  }

  #open(wanted: readonly OpenLog[]): void {
    const reserved = new Map<number, Position>();
    const opened: OpenedLog[] = [];
    for (const log of this.#movable(wanted)) {
      try {
        this.#unsettled.forget(this.#consoles.get(log.number));
        const console = this.#consoleLog(log);
        if (log.journal === true) this.#beginJournal(log.number, console);
        const position = console.goesOn ? undefined : console.reservation();
        if (position !== undefined) reserved.set(log.number, position);
        const end = position?.end;
        opened.push({ ...console.opened(log.number), ...(end === undefined ? {} : { reservedEnd: end }) });
        this.#consoles.set(log.number, console);
      } catch (reason) {
        this.#consoles.delete(log.number);
        this.#failing.unopened(log.number, reason);
      }
    }
    try {
      // One fdatasync for all of them, before anybody is told an offset.
      this.#positions.put([...reserved.values()]);
    } catch (reason) {
      for (const { number } of opened) {
        this.#consoles.delete(number);
        this.#failing.unopened(number, reason);
      }
      return;
    }
    for (const { number } of opened) {
      const position = reserved.get(number);
      if (position !== undefined) this.#consoles.get(number)?.reserved(position);
      // A log that is behind shows that it can be written when it takes what it missed.
      if (this.#consoles.get(number)?.behind === false) this.#failing.forget(number);
    }
    this.#deps.reply({ tell: "opened", logs: opened });
  }

  // Those that are open at other paths are ended there, as by a clean stop, with one fdatasync for all. What a log
  // refused it still misses where it goes on.
  #movable(wanted: readonly OpenLog[]): readonly OpenLog[] {
    const left: Position[] = [];
    const movable = wanted.map((log) => {
      const { number, name, path = this.#options.pathTemplate, behind } = log;
      const before = this.#consoles.get(number);
      if (before === undefined || before.uses(pathOfLog(path, name))) return log;
      try {
        const position = before.close(before.next);
        if (this.#journal?.has(number) === true) before.sync();
        this.#logs.drop(position.file);
        left.push(position);
      } catch {
        // It opens as after an unclean stop: file and index say how far it came.
      }
      return { ...log, behind: behind === true || before.behind };
    });
    try {
      if (left.length > 0) this.#positions.put(left);
    } catch {
      // As above, for all of them.
    }
    return movable;
  }

  #begin(number: number): void {
    const console = this.#consoles.get(number);
    if (console !== undefined) console.behind = false;
  }

  #beginJournal(number: number, console: ConsoleLog): void {
    const { clock = systemClock } = this.#deps;
    this.#journal ??= new Journal(this.#journalDir, {
      clock,
      onTrouble: (reason) => {
        this.#trouble("the journal goes on in a new file", reason);
      },
    });
    this.#journal.add(number, console);
    const { gap } = console.opened(number);
    if (gap !== undefined) this.#journal.note(number, gap);
  }

  #consoleLog(asked: OpenLog): ConsoleLog {
    const known = laterOf(this.#positions.get(asked.name), asked.handed);
    // Of a console that is no more, nobody knows the path but the disk.
    const log = asked.number < 0 ? { ...asked, path: known?.file } : asked;
    return new ConsoleLog(log, known, new LogContext(log, this.#shared));
  }

  // Where every console has a folder of its own, as many as there ever were consoles.
  #folderOf(path: string): LogFolder {
    const folder = this.#folders.get(path) ?? new LogFolder(path);
    this.#folders.set(path, folder);
    return folder;
  }

  #close(closing: readonly { readonly number: number; readonly end: number }[], leave: boolean): void {
    const positions: Position[] = [];
    for (const { number, end } of closing) {
      try {
        const console = this.#consoles.get(number);
        if (console !== undefined && !(leave && console.isAt(end))) positions.push(console.close(end));
        if (this.#journal?.has(number) === true) console?.sync();
      } catch {
        // Its end is not known to the disk: the next start says so by a gap.
      }
      this.#unsettled.forget(this.#consoles.get(number));
      this.#consoles.delete(number);
      this.#failing.forget(number);
    }
    try {
      this.#positions.put(positions);
    } catch {
      // As above, for all of them.
      positions.length = 0;
    }
    if (positions.length > 0) for (const { number } of closing) this.#journal?.delete(number);
    if (leave) this.#deps.onLeft?.();
    this.#deps.reply({ tell: "closed", numbers: closing.map(({ number }) => number), positions });
  }

  #reserve(numbers: readonly number[]): void {
    const consoles = numbers.flatMap((number) => {
      const console = this.#consoles.get(number);
      return console === undefined ? [] : [{ number, console, position: console.reservation() }];
    });
    try {
      this.#positions.put(consoles.map(({ position }) => position));
    } catch (reason) {
      for (const { number } of consoles) this.#failing.unreserved(number, reason);
      this.#deps.reply({ tell: "unreserved", numbers: consoles.map(({ number }) => number) });
      return;
    }
    for (const { number, console, position } of consoles) {
      console.reserved(position);
      this.#failing.reserved(number);
      this.#deps.reply({ tell: "reserved", number, reservedEnd: position.end });
      if (!console.behind) this.#failing.healed(number);
    }
  }

  #append(
    number: number,
    console: ConsoleLog,
    pieces: readonly Piece[],
    journalFault?: ConfedError,
  ): boolean {
    this.#unsettled.add(console);
    try {
      if (journalFault !== undefined && this.#journal?.has(number) === true) throw journalFault;
      console.append(pieces);
    } catch (reason) {
      console.behind = true;
      this.#failing.failed(number, reason);
      return false;
    }
    this.#unsettled.toRecord(console);
    return true;
  }

  #note(number: number, event: EventRecord): void {
    try {
      this.#consoles.get(number)?.index.noteEvent(event);
    } catch {
      // An event that the index cannot take is lost; a console is not said to fail for it.
    }
  }
}
