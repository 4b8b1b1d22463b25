import { randomBytes } from "node:crypto";
import { type Cancel, type Clock, ConfedError } from "@confed/kernel";
import type { Backlogs } from "./backlogs.ts";
import type { FedConsole } from "./fed-console.ts";
import type { LogTroubles } from "./log-troubles.ts";
import type { Position } from "./writer/positions-file.ts";
import type { LogEnd, OpenedLog, OpenLog, WriterCommand } from "./writer-messages.ts";

export interface LogOpensDeps {
  readonly clock: Clock;
  readonly consoles: ReadonlyMap<number, FedConsole>;
  readonly backlogs: Pick<Backlogs, "has" | "begin">;
  readonly troubles: Pick<LogTroubles, "refused" | "written">;
  readonly command: (command: WriterCommand) => void;
}

/**
 * Opens logs, and asks again for those that cannot be. A log that cannot be opened, or does not
 * answer, does not keep its console from working: it goes on under an id of its own, and when its log
 * opens at last, that goes on under the same.
 */
export class LogOpens {
  readonly #deps: LogOpensDeps;
  /** Not numbered yet; and when they were asked for, the first of them first. */
  readonly #unopened = new Map<number, number>();
  /** Opens of one turn of the loop go to the writer as one command. */
  readonly #toOpen = new Set<number>();
  /** Could not be opened: asked for again all at once. */
  readonly #toReopen = new Set<number>();
  /** By name, until their logs are open: then the disk knows. */
  readonly #handed = new Map<string, Position>();
  /** As `#handed`: where the process before this one left them. */
  readonly #left = new Map<string, LogEnd>();
  #cancelReopen: Cancel | undefined;
  #cancelUnanswered: Cancel | undefined;

  constructor(deps: LogOpensDeps) {
    this.#deps = deps;
  }

  hand(position: Position): void {
    this.#handed.set(position.name, position);
  }

  /** Where the process before this one left a log: for `open`, which follows. */
  leftAt(name: string, end: LogEnd): void {
    this.#left.set(name, end);
  }

  /** All consoles that there are have been opened: what else was left to us is closed. */
  closeForeign(): void {
    const { consoles, command } = this.#deps;
    const ours = new Set([...consoles.values()].map(({ name }) => name));
    const foreign = [...this.#left].filter(([name]) => !ours.has(name));
    if (foreign.length === 0) return;
    // Numbers that no console has.
    const logs = foreign.map(([name, left], at) => ({ number: -1 - at, name, left }));
    command({ do: "open", consoles: logs });
    command({ do: "close", consoles: logs.map(({ number, left }) => ({ number, end: left.offset })) });
    for (const [name] of foreign) this.#left.delete(name);
  }

  open(number: number): void {
    this.#unopened.set(number, this.#deps.clock.nowMs());
    this.#askOpen(number);
  }

  /** The writer is a new one, or these have other paths: it opens all of them before what comes later. */
  openNow(numbers: Iterable<number>): void {
    for (const number of numbers) this.#toOpen.add(number);
    this.#send();
  }

  forget(number: number): void {
    const console = this.#deps.consoles.get(number);
    if (console !== undefined) this.#handed.delete(console.name);
    this.#unopened.delete(number);
    this.#toOpen.delete(number);
    this.#toReopen.delete(number);
  }

  opened(logs: readonly OpenedLog[]): void {
    const begun = logs.map(({ number }) => number).filter((number) => this.#unopened.has(number));
    // Before any output of them.
    if (begun.length > 0) this.#deps.command({ do: "begin", numbers: begun });
    for (const log of logs) this.#opened(log);
  }

  #opened(log: OpenedLog): void {
    const { consoles, backlogs, troubles } = this.#deps;
    const console = consoles.get(log.number);
    if (console === undefined) return;
    this.#handed.delete(console.name);
    this.#left.delete(console.name);
    if (!this.#unopened.has(log.number) && log.logId !== console.end.logId) {
      // It answers after we began without it: it shall go on under our id.
      this.#reopenSoon(log.number);
      return;
    }
    this.#toReopen.delete(log.number);
    if (this.#unopened.delete(log.number)) console.onOpened(log);
    else console.onReserved(log.reservedEnd, log.path);
    if (!backlogs.has(log.number)) troubles.written(log.number);
  }

  failing(
    { number, unopened }: { readonly number: number; readonly unopened: boolean },
    error: ConfedError,
  ): void {
    const console = this.#deps.consoles.get(number);
    if (console === undefined) return;
    this.#deps.troubles.refused(number, error);
    this.#numberWithout(number, console);
    if (unopened) this.#reopenSoon(number);
  }

  close(): void {
    this.#cancelReopen?.();
    this.#cancelUnanswered?.();
  }

  #askOpen(number: number): void {
    const first = this.#toOpen.size === 0;
    this.#toOpen.add(number);
    if (first)
      queueMicrotask(() => {
        this.#send();
      });
  }

  #send(): void {
    const { consoles, backlogs, command } = this.#deps;
    const logs = [...this.#toOpen].flatMap((number): OpenLog[] => {
      const console = consoles.get(number);
      if (console === undefined) return [];
      const { logId, offset } = console.end;
      const handed = this.#handed.get(console.name);
      const log = {
        number,
        name: console.name,
        ...(handed === undefined ? {} : { handed }),
        ...modeOf(console),
      };
      const left = this.#left.get(console.name);
      if (logId === "") return [left === undefined ? log : { ...log, left }];
      return [{ ...log, resume: { logId, offset }, behind: backlogs.has(number) }];
    });
    this.#toOpen.clear();
    for (let from = 0, count = OPENS_FIRST; from < logs.length; from += count) {
      if (from > 0) count = Math.min(from, OPENS_AT_ONCE);
      command({ do: "open", consoles: logs.slice(from, from + count) });
    }
    this.#expectAnswer();
  }

  // A disk that hangs does not even say that it fails.
  #expectAnswer(): void {
    const { clock } = this.#deps;
    const [firstAskedMs] = this.#unopened.values();
    if (firstAskedMs === undefined) return;
    this.#cancelUnanswered ??= clock.after(firstAskedMs + OPEN_TIMEOUT_MS - clock.nowMs(), () => {
      this.#cancelUnanswered = undefined;
      this.#giveUp(clock.nowMs() - OPEN_TIMEOUT_MS);
      this.#expectAnswer();
    });
  }

  #giveUp(askedByMs: number): void {
    for (const [number, askedMs] of [...this.#unopened]) {
      if (askedMs > askedByMs) return;
      const console = this.#deps.consoles.get(number);
      if (console === undefined) {
        this.#unopened.delete(number);
        continue;
      }
      const error = new ConfedError("deadline_exceeded", "the disk with the logs does not answer");
      this.#deps.troubles.refused(number, error);
      this.#numberWithout(number, console);
      this.#deps.backlogs.begin(number);
    }
  }

  #numberWithout(number: number, console: FedConsole): void {
    if (!this.#unopened.delete(number)) return;
    const logId = randomBytes(8).toString("hex");
    console.onOpened({ number, logId, offset: 0, reservedEnd: Number.POSITIVE_INFINITY, path: "" });
  }

  #reopenSoon(number: number): void {
    this.#toReopen.add(number);
    // Opened, it has missed what was refused meanwhile: it begins with what is kept.
    this.#deps.backlogs.begin(number);
    this.#armReopen();
  }

  #armReopen(): void {
    this.#cancelReopen ??= this.#deps.clock.after(OPEN_RETRY_MS, () => {
      this.#cancelReopen = undefined;
      for (const number of this.#toReopen) this.#askOpen(number);
      if (this.#toReopen.size > 0) this.#armReopen();
    });
  }
}

/** What the writer has to know; nothing of the usual. */
function modeOf({
  logMode: { sync, format, path },
}: FedConsole): Pick<OpenLog, "path" | "journal" | "stamped"> {
  return {
    ...(path === undefined ? {} : { path }),
    ...(sync === "journal" ? { journal: true } : {}),
    ...(format === "stamped" ? { stamped: true } : {}),
  };
}

/**
 * Logs in one command: both processes keep the memory of the largest frame that they were given. Each
 * costs the writer one fdatasync.
 */
const OPENS_AT_ONCE = 1_000;
/** In the first; then as many as before together. Who has a log dials while the writer opens the next ones. */
const OPENS_FIRST = 100;
const OPEN_RETRY_MS = 1_000;
const OPEN_TIMEOUT_MS = 5_000;
