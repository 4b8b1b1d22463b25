import { join } from "node:path";
import type { GapRecord } from "@confed/codecs";
import { ConfedError, visitRecords } from "@confed/kernel";
import { ConsoleLog, type Piece } from "./console-log.ts";
import { indexPathOf, pathOfLog } from "./log-path.ts";
import { OpenFiles } from "./open-files.ts";
import { type Position, PositionsFile } from "./positions-file.ts";
import type { OpenedLog, OpenLog, WriterCommand, WriterOptions, WriterReply } from "./writer-messages.ts";

export interface LogWriterDeps {
  readonly wallTimeMs: () => number;
  readonly reply: (reply: WriterReply) => void;
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
  readonly #failing = new Set<number>();
  // Reused from batch to batch: one list per console that printed.
  readonly #pieces = new Map<number, Piece[]>();

  /** Throws when the state directory cannot be used. */
  constructor(options: WriterOptions, gid: number | undefined, deps: LogWriterDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#positions = new PositionsFile(join(options.stateDir, "positions"));
    this.#logs = new OpenFiles({ mode: options.mode, gid });
    this.#indexes = new OpenFiles({ mode: 0o640 });
  }

  do(command: Exclude<WriterCommand, { do: "start" }>): void {
    switch (command.do) {
      case "open":
        this.#open(command.consoles);
        return;
      case "close":
        this.#close(command.consoles);
        return;
      case "event":
        this.#attempt(command.number, (console) => {
          console.note(command.event);
        });
        return;
      case "reserve":
        this.#reserve(command.numbers);
        return;
      case "reopen":
        this.#logs.closeAll();
        this.#indexes.closeAll();
    }
  }

  /** Append a batch of arena records and acknowledge it. Costs one writev per console that printed. */
  batch(seq: number, records: Uint8Array): void {
    visitRecords(records, (number, offset, bytes) => {
      const pieces = this.#pieces.get(number);
      if (pieces === undefined) this.#pieces.set(number, [{ offset, bytes }]);
      else pieces.push({ offset, bytes });
    });
    const moved: Position[] = [];
    for (const [number, pieces] of this.#pieces) {
      this.#attempt(number, (console) => {
        console.append(pieces);
        const position = console.moved();
        if (position !== undefined) moved.push(position);
      });
    }
    this.#pieces.clear();
    this.#put(moved);
    this.#deps.reply({ tell: "ack", seq });
  }

  /** Close what is still open as after an unclean stop: the agent did not say where it ended. */
  end(): void {
    this.#logs.closeAll();
    this.#indexes.closeAll();
    this.#positions.close();
  }

  #open(wanted: readonly OpenLog[]): void {
    const reserved: Position[] = [];
    const opened: OpenedLog[] = [];
    for (const log of wanted) {
      try {
        const console = this.#consoleLog(log);
        this.#consoles.set(log.number, console);
        const where = console.opened(log.number);
        reserved.push(console.reserve());
        opened.push({ ...where, reservedEnd: console.reservedEnd });
      } catch (reason) {
        this.#fail(log.number, reason);
      }
    }
    // One fdatasync for all of them, before anybody is told an offset.
    if (this.#put(reserved)) this.#deps.reply({ tell: "opened", logs: opened });
  }

  #consoleLog(log: OpenLog): ConsoleLog {
    const { pathTemplate, stateDir } = this.#options;
    return new ConsoleLog(log, this.#positions.get(log.name), {
      path: pathOfLog(pathTemplate, log.name),
      indexPath: indexPathOf(stateDir, log.name),
      logs: this.#logs,
      indexes: this.#indexes,
      wallTimeMs: this.#deps.wallTimeMs,
      onGap: (gap: GapRecord) => {
        this.#deps.reply({ tell: "gap", number: log.number, gap });
      },
    });
  }

  #close(closing: readonly { readonly number: number; readonly end: number }[]): void {
    const positions: Position[] = [];
    for (const { number, end } of closing) {
      this.#attempt(number, (console) => {
        positions.push(console.close(end));
      });
      this.#consoles.delete(number);
      this.#failing.delete(number);
    }
    this.#put(positions);
    this.#deps.reply({ tell: "closed", numbers: closing.map(({ number }) => number) });
  }

  #reserve(numbers: readonly number[]): void {
    const consoles = numbers.flatMap((number) => {
      const console = this.#consoles.get(number);
      return console === undefined ? [] : [{ number, console }];
    });
    if (!this.#put(consoles.map(({ console }) => console.reserve()))) return;
    for (const { number, console } of consoles) {
      this.#deps.reply({ tell: "reserved", number, reservedEnd: console.reservedEnd });
    }
  }

  /** Make positions durable. On failure every console concerned is said to fail, and nothing is told. */
  #put(positions: readonly Position[]): boolean {
    try {
      this.#positions.put(positions);
      return true;
    } catch (reason) {
      for (const [number, { name }] of this.#consoles) {
        if (positions.some((position) => position.name === name)) this.#fail(number, reason);
      }
      return false;
    }
  }

  #attempt(number: number, run: (console: ConsoleLog) => void): void {
    const console = this.#consoles.get(number);
    // Bytes of a console that could not be opened: its agent shows it as failing.
    if (console === undefined) return;
    try {
      run(console);
      if (this.#failing.delete(number)) this.#deps.reply({ tell: "healed", number });
    } catch (reason) {
      this.#fail(number, reason);
    }
  }

  #fail(number: number, reason: unknown): void {
    const { code, rawMessage } = ConfedError.from(reason, "unavailable");
    if (this.#failing.has(number)) return;
    this.#failing.add(number);
    this.#deps.reply({ tell: "failing", number, code, message: rawMessage });
  }
}
